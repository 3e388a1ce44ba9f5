//! Parses the values of arguments.

use crate::base::Span;

/// The largest seed. A scenario file can contain seeds, and integers in TOML are signed.
pub(super) const SEED_MAX: u64 = i64::MAX as u64;

pub(super) fn only(text: &str) -> Result<(String, String), &'static str> {
    let (column, value) = text.split_once('=').unwrap_or_default();
    let both = [column, value].map(|text| text.trim().to_owned());
    if both[0].is_empty() { Err("the form must be column=value, such as kind=pull") } else { Ok(both.into()) }
}

pub(super) fn span(text: &str) -> Result<Span, String> {
    text.parse().map_err(|e: crate::base::UnitError| e.to_string())
}

pub(super) fn assignment(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() && !value.trim().is_empty() => Ok(text.to_owned()),
        _ => Err("the form must be key=value, such as engine.pull.chunk_rows=64".to_owned()),
    }
}

/// Parses a tolerance into millionths.
pub(super) fn tolerance(text: &str) -> Result<u64, String> {
    let text = text.trim();
    // 0 needs no `%`.
    let number = text.strip_suffix('%').or((text == "0").then_some(text));
    let number = number.and_then(|number| number.trim().parse::<f64>().ok());
    let percent = number.filter(|percent| (0.0..=1_000.0).contains(percent));
    let ppm = percent.map(|percent| (percent * 1e4).round() as u64);
    ppm.ok_or_else(|| "the value must be a percentage from 0% to 1000%, such as 1%".to_owned())
}
