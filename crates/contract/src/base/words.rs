//! Numbers and lists in messages.

/// The separator of thousands: a thin space.
const THIN: char = '\u{2009}';

/// A count with thin spaces between thousands.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(THIN);
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 row`, `2 rows`.
pub fn count(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", thousands(n), if n == 1 { "" } else { "s" })
}

/// Shortens an error whose kind and reason are the same: `offline: offline` becomes `offline`.
pub fn said_once(error: &str) -> &str {
    match error.split_once(": ") {
        Some((kind, why)) if kind == why => kind,
        _ => error,
    }
}

/// The verb in front of a list of this many items.
pub fn there_is(things: usize) -> &'static str {
    if things > 1 { "there are" } else { "there is" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_nothing_is_plural() {
        assert_eq!(
            [said_once("offline: offline"), said_once("offline: reset")],
            ["offline", "offline: reset"]
        );
        assert_eq!([0, 1, 12_345].map(|n| count(n, "row")), ["0 rows", "1 row", "12\u{2009}345 rows"]);
    }
}
