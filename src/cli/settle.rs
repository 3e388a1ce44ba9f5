//! `hunt --settle`: turns the file of a repaired failure into an expectation.

use std::path::Path;

use super::console::Console;
use super::refusal::Refusal;
use super::{sources, written};
use crate::analysis;
use crate::base::escape_path;
use crate::oracle::metric_of;
use crate::record::{Exit, Verdict};
use crate::render;
use crate::scenario::{Document, Request};
use crate::world::Unwatched;

const LINE: &str = "expect.violation = ";
const HINT: &str = "# `syncdyno run` passes";
const MENDED: &str =
    "# Mended since: the lines above are history, and the file passes while it does not come back.";

pub(super) fn settle(path: &Path, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let text = sources::read(path)?;
    let plan = sources::of_one_variant(path, &text, &Request::default(), console)?;
    let shown = escape_path(path);
    let outcome = console.runner.run(&plan, &Unwatched);
    let outcome = outcome.map_err(|error| Refusal::because(Exit::Invalid, error.to_string()))?;
    let expected = &plan.judged.expect.violations;
    if let Some(check) = expected.iter().find(|check| outcome.violations.iter().any(|v| v.check == **check)) {
        return Err(Refusal::because(
            Exit::Threshold,
            format!("{shown} still fails: the check `{check}` still finds something; fix this first"),
        ));
    }
    let settled = settled(&text).ok_or_else(|| {
        let why = if text.lines().any(|line| line == MENDED) {
            "was settled before".to_owned()
        } else {
            format!("has no line `{LINE}[…]`")
        };
        Refusal::usage(format!("{shown} {why}, so --settle has nothing to change"))
    })?;
    let document =
        Document::of_file(path, &settled).map_err(|invalid| Refusal::invalid([&invalid], false))?;
    let plans = sources::requested(&document, &Request::default(), console)?;
    let [settled_plan] = plans.as_slice() else {
        return Err(Refusal::usage(format!("{shown} is not one cell: --settle takes a file of `found`")));
    };
    let judged = analysis::judge(settled_plan, "", &outcome).cell;
    if judged.verdict != Verdict::Pass {
        let reasons = render::reasons_of(&judged).join("\n  ");
        return Err(Refusal::because(
            Exit::Threshold,
            format!("{shown} would not pass, though its failure does not occur:\n  {reasons}"),
        ));
    }
    written::replace(path, settled.as_bytes())?;
    console.result(&format!("settled {shown}: it passes as long as the failure stays away\n"));
    Ok(Exit::Success)
}

/// The text in which expected violations become limits of 0; `None` if it expects no violation.
fn settled(text: &str) -> Option<String> {
    let mut found = false;
    let mut settled = String::new();
    for line in text.lines() {
        let checks =
            line.strip_prefix(LINE).and_then(|list| format!("v = {list}").parse::<toml::Table>().ok());
        let Some(checks) = checks else {
            let kept = if line.starts_with(HINT) { MENDED } else { line };
            settled.push_str(&format!("{kept}\n"));
            continue;
        };
        let names = checks.get("v").and_then(toml::Value::as_array).into_iter().flatten();
        for metric in names.filter_map(|name| metric_of(name.as_str()?)) {
            settled.push_str(&format!("expect.\"{metric}\" = 0\n"));
            found = true;
        }
    }
    found.then_some(settled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mended_failure_becomes_a_bound() {
        let text = "# `syncdyno run` passes while\nname = \"a\"\nexpect.violation = [\"lost\", \"stale\"]\n";
        let expected = "# Mended since: the lines above are history, and the file passes while it does not come \
                        back.\nname = \"a\"\nexpect.\"oracle.lost.rows\" = 0\nexpect.\"oracle.stale.rows\" = 0\n";
        assert_eq!(settled(text).as_deref(), Some(expected));
        assert_eq!(settled("name = \"a\"\n"), None);
    }
}
