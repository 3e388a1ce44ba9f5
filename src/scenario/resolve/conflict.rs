//! What the engine does about conflicts, and whether the backend serves that.

use super::view::{Mistakes, View};
use crate::backend::Writes;
use crate::base::{Span, Word};
use crate::engine::{self, BaseDate, CallbackOptions, ConflictOptions, Detect};

/// What it does about conflicts.
pub(super) fn conflict(root: View<'_>, wrong: &Mistakes) -> ConflictOptions {
    let view = root.at("engine.conflict");
    let callback = view.at("callback");
    let options = ConflictOptions {
        policy: engine::policy_named(view.at("policy").text()).unwrap_or_default(),
        detect: view.at("detect").word(),
        base: view.at("base").word(),
        callback: CallbackOptions {
            says: callback.at("says").word(),
            takes: callback.at("takes").span(),
            timeout: callback.at("timeout").span(),
            hangs: callback.at("hangs").share(),
            panics: callback.at("panics").share(),
            nonsense: callback.at("nonsense").share(),
        },
    };
    is_served(root, &options, wrong);
    options
}

/// Refuses a policy that the backend would never let come to an end, or that says nothing.
fn is_served(root: View<'_>, options: &ConflictOptions, wrong: &Mistakes) {
    let (policy, writes) = (root.at("engine.conflict.policy"), root.at("backend.writes"));
    let (name, kind) = (options.policy.name, writes.word::<Writes>());
    let told = if policy.place().is_some() { policy } else { writes };
    let checks = matches!(kind, Writes::Checked | Writes::Dated);
    if name == "none" && checks {
        let title = format!("\"none\" asks nobody, and a backend that is \"{}\" refuses", kind.word());
        let help = "`backend.writes = \"blind\"` or \"newer-date\", or another policy";
        wrong.given(&[policy, writes]).at(told, title, help);
    }
    if kind == Writes::NewerDate && !options.policy.sends_newer_alone {
        let title =
            format!("\"{name}\" may send again what is older, and the backend takes newer dates alone");
        let fit = engine::POLICIES.iter().filter(|policy| policy.sends_newer_alone);
        let fit: Vec<String> = fit.map(|policy| format!("\"{}\"", policy.name)).collect();
        let help = format!("it takes {}; or another `backend.writes`", fit.join(" or "));
        wrong.given(&[policy, writes]).at(told, title, help);
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
