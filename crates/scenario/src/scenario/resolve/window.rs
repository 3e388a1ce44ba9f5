//! Recurring times: maintenance windows and office hours, each in its own time zone.

use jiff::civil::Weekday;

use super::super::zone::zone;
use super::ResolveContext;
use crate::base::{Span, Stamp, Time};
use crate::config::view::View;
use crate::config::written::{Clock, clock};

impl ResolveContext<'_> {
    pub(super) fn maintenance(&self, view: View<'_>) -> Vec<(Time, Time)> {
        let windows = self.windows(view.entries().map(|(_, window)| window));
        let end = Time::ZERO + self.duration + self.root.at("drain").span();
        if windows.first().is_some_and(|(from, until)| *from == Time::ZERO && *until >= end) {
            self.mistakes.at(view, "the backend is never up", "end the window before the end of the drain");
        }
        windows
    }

    /// The windows of these tables, sorted, up to the end of the drain (the time after the script).
    /// Windows that touch or overlap are joined.
    pub(super) fn windows<'v>(&self, tables: impl IntoIterator<Item = View<'v>>) -> Vec<(Time, Time)> {
        let end = Time::ZERO + self.duration + self.root.at("drain").span();
        let mut times: Vec<_> = tables.into_iter().flat_map(|view| self.occurrences(view, end)).collect();
        times.retain(|(from, _)| *from < end);
        times.sort_unstable();
        let mut joined: Vec<(Time, Time)> = Vec::new();
        for (from, until) in times {
            match joined.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(until),
                _ => joined.push((from, until)),
            }
        }
        joined
    }

    /// The windows of one table. A time since the start occurs once. A local time occurs daily; the
    /// first window may have begun before the start.
    fn occurrences(&self, view: View<'_>, end: Time) -> Vec<(Time, Time)> {
        let length = self.length(view);
        let Some(since_midnight) = clock(view.at("from").text()).and_then(|clock| clock.since_midnight())
        else {
            self.refuse_recurrence_keys(view);
            return self.time(view.at("from")).map(|from| (from, from + length)).into_iter().collect();
        };
        let own = jiff::tz::Offset::from_seconds(self.calendar.utc_offset).unwrap_or(jiff::tz::Offset::UTC);
        let zone = view.at("zone").present().and_then(|text| zone(text.text()));
        let zone = zone.unwrap_or_else(|| own.to_time_zone());
        let days: Vec<Weekday> = view.at("days").items().map(View::word).collect();
        let Some(mut date) = self.first_date(&zone, length) else { return Vec::new() };
        let mut found = Vec::new();
        loop {
            let Some(from) = at(date, since_midnight, &zone) else { return found };
            let start = self.calendar.start;
            if from >= start.plus(end.since(Time::ZERO)) {
                return found;
            }
            let until = Time::ZERO + from.plus(length).since(start);
            if until > Time::ZERO && (days.is_empty() || days.contains(&date.weekday())) {
                found.push((Time::ZERO + from.since(start), until));
            }
            let Ok(next) = date.tomorrow() else { return found };
            date = next;
        }
    }

    /// Refuses the keys of recurring times if `from` is a time since the start.
    fn refuse_recurrence_keys(&self, view: View<'_>) {
        let (zone, days) = (view.at("zone"), view.at("days"));
        let days = days.items().next().map(|_| ("days", days));
        for (key, view) in zone.present().map(|zone| ("zone", zone)).into_iter().chain(days) {
            let help = "write a local time in `from`, such as \"02:00\", which recurs every day";
            let title = format!("`{key}` has no effect here: `from` is a time since the start");
            self.mistakes.at(view, title, help);
        }
    }

    /// The length of a window: `for`, or the time from `from` to `until`, which may pass midnight.
    fn length(&self, view: View<'_>) -> Span {
        let day = Span::secs(86_400);
        let at = |key: &str| clock(view.at(key).text());
        match (at("from"), at("until")) {
            (Some(Clock::Local(from)), Some(Clock::Local(until))) if from < until => Span(until.0 - from.0),
            (Some(Clock::Local(from)), Some(Clock::Local(until))) if from > until => {
                Span(until.0 + day.0 - from.0)
            }
            (Some(Clock::After(from)), Some(Clock::After(until))) if from < until => Span(until.0 - from.0),
            (Some(_), Some(_)) => {
                let help =
                    "write two local times, or two times since the start with the later one in `until`";
                self.mistakes.at(view.at("until"), "`until` must be a time after `from`", help);
                day
            }
            _ => view.at("for").span(),
        }
    }

    fn first_date(&self, zone: &jiff::tz::TimeZone, length: Span) -> Option<jiff::civil::Date> {
        let start = jiff::Timestamp::from_microsecond(self.calendar.start.0).ok()?;
        let mut date = start.to_zoned(zone.clone()).date().yesterday().ok()?;
        for _ in 0..length.0 / Span::secs(86_400).0 {
            date = date.yesterday().ok()?;
        }
        Some(date)
    }
}

/// The instant of a local time. If clocks skip this time, it moves later by the length of the gap.
/// If the time occurs twice, the first occurrence counts.
fn at(date: jiff::civil::Date, since_midnight: Span, zone: &jiff::tz::TimeZone) -> Option<Stamp> {
    let seconds = i8::try_from(since_midnight.0 / 1_000_000_000 % 60).ok()?;
    let minutes = since_midnight.0 / 60_000_000_000;
    let (hour, minute) = (i8::try_from(minutes / 60).ok()?, i8::try_from(minutes % 60).ok()?);
    let zoned = date.at(hour, minute, seconds, 0).to_zoned(zone.clone()).ok()?;
    Some(Stamp(zoned.timestamp().as_microsecond()))
}
