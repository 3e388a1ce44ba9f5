//! What the engine does about conflicts, and whether the backend serves that.

use super::super::view::{Mistakes, View, read};
use crate::backend::Writes;
use crate::base::{Ppm, Span, Word};
use crate::engine::{BaseDate, CallbackOptions, ConflictOptions, Detect, Policy};

pub(super) fn conflict(root: View<'_>, wrong: &Mistakes) -> ConflictOptions {
    let view = root.at("engine.conflict");
    let callback = view.at("callback");
    let options = read!(view, ConflictOptions {
        policy detect base while_open second_edit
    } with {
        callback: read!(callback, CallbackOptions { says takes timeout hangs panics nonsense }),
    });
    is_served(root, &options, wrong);
    let faults = ["hangs", "panics", "nonsense"].map(|key| callback.at(key));
    if faults.iter().map(|fault| u64::from(fault.share().0)).sum::<u64>() > u64::from(Ppm::ONE.0) {
        let last = faults.into_iter().rfind(|fault| fault.place().is_some()).unwrap_or(callback);
        let title = "`hangs`, `panics` and `nonsense` are more than all edits together";
        wrong.given(&faults).at(last, title, "one edit meets one of them: together they are at most 1");
    }
    options
}

/// Refuses a policy that the backend would never let come to an end, or that says nothing.
fn is_served(root: View<'_>, options: &ConflictOptions, wrong: &Mistakes) {
    let (policy, writes) = (root.at("engine.conflict.policy"), root.at("backend.writes"));
    let (name, kind) = (options.policy.word(), writes.word::<Writes>());
    let checks = matches!(kind, Writes::Checked | Writes::Dated);
    if options.policy == Policy::Nothing && checks {
        let title = format!("\"none\" asks nobody, and a backend that is \"{}\" refuses", kind.word());
        let help = "`backend.writes = \"blind\"` or \"newer-date\", or another policy";
        wrong.among(&[policy, writes], title, help);
    }
    if kind == Writes::NewerDate && !options.policy.sends_newer_alone() {
        let title =
            format!("\"{name}\" may send again what is older, and the backend takes newer dates alone");
        let fit = Policy::VALUES.iter().filter(|policy| policy.sends_newer_alone());
        let fit: Vec<String> = fit.map(|policy| format!("\"{}\"", policy.word())).collect();
        let help = format!("it takes {}; or another `backend.writes`", fit.join(" or "));
        wrong.among(&[policy, writes], title, help);
    }
    let (detect, base) = (root.at("engine.conflict.detect"), root.at("engine.conflict.base"));
    if options.detect == Detect::Version && kind == Writes::Dated {
        let title = "the backend knows dates alone, and no version";
        let help = "`backend.writes = \"checked\"`, or another `detect`";
        wrong.given(&[detect, writes]).at(detect, title, help);
    }
    let dated = matches!(options.detect, Detect::Dates | Detect::DatesThenValues);
    if !dated && options.base != BaseDate::LastReceivedStamp {
        let title = format!("\"{}\" compares no dates", options.detect.word());
        let help = "`detect` is \"dates\" or \"dates-then-values\", or no other `base`";
        wrong.given(&[detect]).at(base, title, help);
    }
    let grace = root.at("backend.writes_grace");
    if grace.span() > Span::ZERO && matches!(kind, Writes::Checked | Writes::Blind) {
        let title = format!("a backend that is \"{}\" compares no dates", kind.word());
        let help = "`backend.writes` is \"dated\" or \"newer-date\", or no grace";
        wrong.given(&[writes]).at(grace, title, help);
    }
}
