//! Converts a CSV cell to a value of its column's type. A cell that the type cannot keep exactly is
//! a mistake.

use super::column::{ColumnType, KeyType};
use crate::base::{Decimal, Value, words};
use crate::config::diagnostic::{Help, Place, choices, excerpt};
use crate::config::written::Calendar;
use crate::contract::ColumnKind;
use crate::workload::Maker;

pub(super) struct Wanted<'a> {
    pub(super) name: &'a str,
    pub(super) kind: &'a ColumnType,
    pub(super) written: &'a str,
    pub(super) place: Option<Place>,
    pub(super) points_to: Option<KeyType>,
}

pub(super) const DATE_HELP: &str =
    "write a date such as 2026-03-02T08:15:00+01:00; without an offset the time is local";

pub(super) fn cell_value(
    cell: &str,
    wanted: &Wanted<'_>,
    calendar: Option<Calendar>,
) -> Result<Value, (String, Help)> {
    let (kind, trimmed) = (wanted.kind, cell.trim());
    if trimmed.is_empty() {
        return Ok(Value::Null);
    }
    if let ColumnType::Made(Maker::OneOf(words)) = kind {
        let known: Vec<&str> = words.iter().map(String::as_str).collect();
        if known.contains(&trimmed) {
            return Ok(Value::text(trimmed));
        }
        let title = format!("`{}` is not one of the values of this column", excerpt(trimmed));
        return Err((title, choices(excerpt(trimmed), &known)));
    }
    if let Some((title, help)) = bent(trimmed, wanted) {
        return Err((title, help.into()));
    }
    let value = typed_value(cell, &kind.kind(), calendar).ok_or_else(|| {
        let help = "leave the cell empty if there is no value".into();
        (format!("`{}` is not {}", excerpt(cell), wants(&kind.kind())), help)
    })?;
    let Some((word, _)) = wanted.written.split_once(' ').filter(|(word, rest)| {
        // Without a written range, the limits of a type apply only to generated rows.
        let ranged = *word == "text" || rest.contains("..");
        ranged && kind.excludes(&value, calendar.unwrap_or_default())
    }) else {
        return Ok(value);
    };
    let size = match &value {
        Value::Text(text) if kind.kind() != ColumnKind::Date => {
            format!(" has {} and", words::count(text.len() as u64, "byte"))
        }
        _ => String::new(),
    };
    let title = format!("`{}`{size} is outside \"{}\"", excerpt(trimmed), wanted.written);
    let any = if word == "long-text" { "text" } else { word };
    Err((title, format!("widen the range, or write \"{any}\", which has no limits").into()))
}

pub(super) fn wants(kind: &ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text => "a text",
        ColumnKind::Ref(_) => "a key, as a text",
        ColumnKind::Int => "a whole number",
        ColumnKind::Real => "a number",
        ColumnKind::Bool => "true or false",
        ColumnKind::Timestamp => "a date such as 2026-03-02T08:15:00+01:00",
        ColumnKind::Date => "a date such as \"2026-03-02\"",
        ColumnKind::Decimal { .. } => {
            "a number such as \"12.50\", with no more digits than the column allows"
        }
        ColumnKind::Blob => "base64 with its padding",
    }
}

fn typed_value(cell: &str, kind: &ColumnKind, calendar: Option<Calendar>) -> Option<Value> {
    let trimmed = cell.trim();
    match kind {
        ColumnKind::Int => trimmed.parse().ok().map(Value::Int),
        ColumnKind::Real => trimmed.parse().ok().filter(|x: &f64| x.is_finite()).map(Value::Real),
        ColumnKind::Bool => match trimmed {
            "true" | "1" => Some(Value::Int(1)),
            "false" | "0" => Some(Value::Int(0)),
            _ => None,
        },
        ColumnKind::Timestamp => match calendar {
            Some(calendar) => calendar.stamp(trimmed).map(|stamp| Value::Int(stamp.0)),
            None => Some(Value::Null),
        },
        ColumnKind::Text | ColumnKind::Ref(_) => Some(Value::text(cell)),
        exact => exact.canonical(trimmed).map(|text| Value::text(&text)),
    }
}

/// The column type that keeps a number as written.
fn keeps(cell: &str) -> String {
    let plain = cell.trim_start_matches(['-', '+']);
    let (whole, part) = plain.split_once('.').unwrap_or((plain, ""));
    match Decimal::read(cell) {
        Some(_) => format!("decimal({},{})", whole.len() + part.len(), part.len()),
        None => "text".to_owned(),
    }
}

fn bent(cell: &str, wanted: &Wanted<'_>) -> Option<(String, String)> {
    let shown = excerpt(cell);
    let (name, keeps) = (wanted.name, keeps(cell));
    let keep = format!(
        "round the number, or write {name} = \"{keeps}\" in the entity's `schema` to keep all digits"
    );
    match wanted.kind.kind() {
        ColumnKind::Int if is_whole(cell) && cell.parse::<i64>().is_err() => {
            let title = format!("`{shown}` does not fit into a whole number of 64 bits");
            Some((title, format!("an int must be from {} to {}; {keep}", i64::MIN, i64::MAX)))
        }
        ColumnKind::Real => {
            let held: f64 = cell.parse().ok().filter(|x: &f64| x.is_finite())?;
            if decimal(cell)? == decimal(&format!("{held:e}"))? {
                return None;
            }
            Some((
                format!("`{shown}` has more digits than a real can store: a real would store {held}"),
                keep,
            ))
        }
        ColumnKind::Decimal { digits, places } if cell.parse::<f64>().is_ok() => match Decimal::read(cell) {
            Some(number) if number.with_places(places).is_some_and(|n| n.has_at_most(digits)) => None,
            _ => Some((format!("`{shown}` does not fit into a decimal({digits},{places})"), keep)),
        },
        ColumnKind::Timestamp if too_fine(cell) => {
            Some((format!("`{shown}` is finer than a microsecond"), FINEST.to_owned()))
        }
        _ => None,
    }
}

fn is_whole(cell: &str) -> bool {
    let digits = cell.strip_prefix(['-', '+']).unwrap_or(cell);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// The sign (true if negative), the digits without zeros at both ends, and the power of 10 of the
/// last digit.
fn decimal(text: &str) -> Option<(bool, String, i64)> {
    let negative = text.starts_with('-');
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{part}");
    let kept = digits.trim_end_matches('0');
    let power: i64 = power.parse().ok()?;
    let power = power + (digits.len() - kept.len()) as i64 - part.len() as i64;
    let kept = kept.trim_start_matches('0');
    if kept.is_empty() { Some((false, String::new(), 0)) } else { Some((negative, kept.to_owned(), power)) }
}

pub(super) const FINEST: &str = "the seconds of a date have at most six decimals";

/// True if the fraction of the seconds in a date has non-zero digits below a microsecond.
pub(super) fn too_fine(date: &str) -> bool {
    let Some((_, part)) = date.split_once(['.', ',']) else { return false };
    let digits = part.find(|c: char| !c.is_ascii_digit()).map_or(part, |end| &part[..end]);
    digits.bytes().skip(6).any(|digit| digit != b'0')
}

#[cfg(test)]
mod tests {
    use super::super::column::column_type;
    use super::*;

    #[test]
    fn a_cell_is_held_as_it_is_written_or_refused() {
        let mut told = String::new();
        for (written, cells) in [
            ("real", "0.1|-2.50|1e20|100000000000000000000|0.30000000000000004|-0|0e7|5e-324|+3"),
            ("real", "99999999999999999999|12345678901234567.89|9007199254740993"),
            ("real", "3.14159265358979323846|1e-400|1e999"),
            ("decimal(19,2)", "12345678901234567.8| 7 |0.125|123456789012345678.9|1e3|much"),
            ("date", "1990-05-01|1990-05-32|1.5.1990|1990-05-01T00:00:00Z"),
            ("int", "9223372036854775807|9223372036854775808|1.5"),
            ("timestamp", "2026-03-02T08:15:00.123456000Z|2026-03-02T08:15:00.1234567Z"),
        ] {
            let kind = column_type(written).expect("a kind");
            let wanted = Wanted { name: "x", kind: &kind, written, place: None, points_to: None };
            for cell in cells.split('|') {
                let becomes = match cell_value(cell, &wanted, Some(Calendar::default())) {
                    Ok(value) => format!("{value:?}"),
                    Err((title, help)) => format!("{title} (help: {help})"),
                };
                told += &format!("{written} of {cell}: {becomes}\n");
            }
        }
        insta::assert_snapshot!(told);
    }
}
