//! A login needs the server, so logins wait for the network.

use std::collections::BTreeMap;

use crate::base::{DeviceId, Time};
use crate::contract::AppEvent;
use crate::workload::{Act, Actor, Step};

/// Moves each login in a script to the first instant at which the phone reports a network.
pub(crate) fn delay_logins_until_network(
    steps: Vec<Step>,
    up_from: impl Fn(DeviceId, Time) -> Time,
) -> Vec<Step> {
    let mut late = BTreeMap::new();
    for step in &steps {
        if let (Actor::Device(device), Act::App(AppEvent::Login)) = (step.actor, &step.act) {
            let up = up_from(device, step.at);
            if up > step.at {
                late.insert(step.actor, (up, Vec::new()));
            }
        }
    }
    if late.is_empty() {
        return steps;
    }
    let mut all = Vec::with_capacity(steps.len());
    for step in steps {
        match late.get_mut(&step.actor) {
            Some((_, own)) => own.push(step),
            None => all.push(step),
        }
    }
    all.extend(late.into_values().flat_map(|(up, own)| move_login_to(up, own)));
    all.sort_by_key(|step| (step.at, step.actor));
    all
}

/// Moves one person's login to `up`. If the person has put the app away by then, they open it again
/// and look at it as long as planned. If they have another planned look during that time, the two
/// looks become one.
fn move_login_to(up: Time, mut steps: Vec<Step>) -> Vec<Step> {
    let is = |step: &Step, event: AppEvent| matches!(step.act, Act::App(other) if other == event);
    let login = steps.iter().position(|step| is(step, AppEvent::Login)).expect("these have a login");
    let away = steps[login..].iter().find(|step| is(step, AppEvent::Pause)).map(|step| step.at);
    let login = steps.remove(login);
    let comes_or_goes = |step: &Step| is(step, AppEvent::Resume) || is(step, AppEvent::Pause);
    // If the person puts the app away at the instant `up`, that counts as before `up`.
    let last = steps.iter().rposition(|step| comes_or_goes(step) && step.at <= up);
    let looks = last.is_some_and(|last| is(&steps[last], AppEvent::Resume));
    let put_away = away.filter(|away| *away <= up && !looks).map(|away| up + (away - login.at));
    steps.insert(last.map_or(0, |last| last + 1), Step { at: up, ..login.clone() });
    let Some(put_away) = put_away else { return steps };
    let put_away = Step { at: put_away, act: Act::App(AppEvent::Pause), ..login };
    // `looks_on` is true if the new look runs into a planned one. The end of the planned look then
    // ends both.
    let (mut looks_on, mut ends_later) = (false, false);
    steps.retain(|step| {
        if step.at <= up || ends_later {
            return true;
        }
        if is(step, AppEvent::Resume) && step.at <= put_away.at {
            looks_on = true;
            return false;
        }
        if is(step, AppEvent::Pause) && looks_on {
            looks_on = false;
            ends_later = step.at >= put_away.at;
            return ends_later;
        }
        true
    });
    if !looks_on && !ends_later {
        steps.push(put_away);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: Actor = Actor::Device(DeviceId(3));

    fn script(steps: &[(u64, AppEvent)]) -> Vec<Step> {
        steps.iter().map(|(at, event)| Step { at: Time(*at), actor: ME, act: Act::App(*event) }).collect()
    }

    fn once_up_at(up: u64, steps: &[(u64, AppEvent)]) -> Vec<(u64, AppEvent)> {
        let event = |act| if let Act::App(event) = act { event } else { unreachable!("there are no others") };
        let done = delay_logins_until_network(script(steps), |_, at| at.max(Time(up)));
        done.into_iter().map(|step| (step.at.0, event(step.act))).collect()
    }

    use AppEvent::{Login, Pause, Resume};

    #[test]
    fn a_login_that_does_not_wait_changes_nothing() {
        let steps = [(10, Login), (70, Pause), (90, Resume), (95, Pause)];
        assert_eq!(once_up_at(10, &steps), steps);
    }

    #[test]
    fn who_still_looks_at_the_app_when_the_network_comes_puts_it_away_when_they_would_have() {
        assert_eq!(once_up_at(69, &[(10, Login), (70, Pause)]), [(69, Login), (70, Pause)]);
        assert_eq!(once_up_at(200, &[(10, Login)]), [(200, Login)], "they look at it to the end");
    }

    #[test]
    fn who_has_put_the_app_away_looks_at_it_for_as_long_as_they_would_have() {
        assert_eq!(once_up_at(70, &[(10, Login), (70, Pause)]), [(70, Pause), (70, Login), (130, Pause)]);
        assert_eq!(once_up_at(200, &[(10, Login), (70, Pause)]), [(70, Pause), (200, Login), (260, Pause)]);
    }

    #[test]
    fn who_looks_at_the_app_for_something_else_when_the_network_comes_puts_it_away_after_that() {
        let steps = [(10, Login), (70, Pause), (190, Resume), (210, Pause)];
        assert_eq!(once_up_at(200, &steps), [(70, Pause), (190, Resume), (200, Login), (210, Pause)]);
    }

    #[test]
    fn who_comes_back_while_looking_at_the_app_puts_it_away_once() {
        let from = |later: &[(u64, AppEvent)]| {
            let mut steps = vec![(10, Login), (70, Pause)];
            steps.extend(later);
            once_up_at(200, &steps).split_off(2)
        };
        assert_eq!(from(&[(240, Resume), (250, Pause)]), [(260, Pause)], "within that time");
        assert_eq!(from(&[(240, Resume), (300, Pause)]), [(300, Pause)], "for longer");
        assert_eq!(
            from(&[(260, Resume), (300, Pause), (310, Resume)]),
            [(300, Pause), (310, Resume)],
            "at its end"
        );
        assert_eq!(from(&[(240, Resume)]), [], "to the end of the day");
        let after = [(260, Pause), (261, Resume), (300, Pause)];
        assert_eq!(from(&[(261, Resume), (300, Pause)]), after, "after it");
        let twice = [(210, Resume), (220, Pause), (230, Resume), (240, Pause)];
        assert_eq!(from(&twice), [(260, Pause)], "twice within it");
    }

    #[test]
    fn the_steps_of_all_stay_in_order() {
        let mut steps = script(&[(10, Login), (70, Pause)]);
        let other =
            |at: u64, event| Step { at: Time(at), actor: Actor::Device(DeviceId(1)), act: Act::App(event) };
        steps.insert(1, other(20, Login));
        steps.push(other(230, Pause));
        let done = delay_logins_until_network(
            steps,
            |device, at| if device == DeviceId(3) { Time(200) } else { at },
        );
        let told: Vec<(u64, Actor)> = done.iter().map(|step| (step.at.0, step.actor)).collect();
        let you = Actor::Device(DeviceId(1));
        assert_eq!(told, [(20, you), (70, ME), (200, ME), (230, you), (260, ME)]);
    }
}
