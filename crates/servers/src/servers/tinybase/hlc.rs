//! The clock and the hash functions of TinyBase.

use serde_json::Value as Json;

/// The value of a removed cell in messages.
pub(super) const UNDEFINED: &str = "\u{fffc}";
/// How far a stamp can be ahead of the clock, in milliseconds.
const AHEAD: u64 = 5 * 60 * 1_000;
const LETTERS: &[u8; 64] = b"-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
/// The letters of a stamp: 7 for the time, 4 for a counter, 5 for the store.
const TIME: usize = 7;
const COUNT: usize = 4;
const STORE: usize = 5;

/// FNV-1a in 32 bits.
pub(super) fn hash(text: &str) -> u32 {
    text.bytes().fold(2_166_136_261, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619))
}

fn encode(number: u64, letters: usize) -> String {
    let letter = |nth: usize| char::from(LETTERS[(number >> (6 * nth)) as usize & 63]);
    (0..letters).rev().map(letter).collect()
}

fn decode(text: &str) -> u64 {
    let place = |letter: u8| LETTERS.iter().position(|it| *it == letter).unwrap_or(0) as u64;
    text.bytes().fold(0, |number, letter| number << 6 | place(letter))
}

/// True if a stamp is well-formed and not too far ahead of `now` (in milliseconds).
pub(super) fn is_stamp(hlc: &str, now: u64) -> bool {
    let is_sound = hlc.len() == TIME + COUNT + STORE && hlc.bytes().all(|letter| LETTERS.contains(&letter));
    hlc.is_empty() || is_sound && decode(&hlc[..TIME]) <= now + AHEAD
}

/// Generates stamps that are newer than all stamps seen.
pub(super) struct Stamps {
    store: String,
    last: (u64, u64),
}

impl Stamps {
    pub(super) fn new(store: &str) -> Stamps {
        Stamps { store: encode(u64::from(hash(store)), STORE), last: (0, 0) }
    }
    pub(super) fn saw(&mut self, hlc: &str) {
        if hlc.len() == TIME + COUNT + STORE {
            self.last = self.last.max((decode(&hlc[..TIME]), decode(&hlc[TIME..TIME + COUNT]) + 1));
        }
    }
    /// Returns the next stamp; `now` is in milliseconds.
    pub(super) fn next(&mut self, now: u64) -> String {
        let (time, count) = self.last;
        let is_full = count >> (6 * COUNT) > 0;
        let (time, count) =
            if now > time { (now, 0) } else { (time + u64::from(is_full), if is_full { 0 } else { count }) };
        self.last = (time, count + 1);
        encode(time, TIME) + &encode(count, COUNT) + &self.store
    }
}

/// Writes a value like JavaScript does: whole numbers have no fraction.
pub(super) fn stringified(value: &Json) -> String {
    match value {
        Json::String(text) if text == UNDEFINED => "null".to_owned(),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.to_string(),
            (None, Some(x)) => number_text(x),
            (None, None) => "null".to_owned(),
        },
        other => other.to_string(),
    }
}

fn number_text(x: f64) -> String {
    let size = x.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{x:e}");
        return if size >= 1.0 { text.replace('e', "e+") } else { text };
    }
    if x == 0.0 { "0".to_owned() } else { format!("{x}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn stamps_grow_and_are_those_of_the_library() {
        let mut stamps = Stamps::new("a");
        let now = 1_700_000_000_000;
        assert_eq!(stamps.next(now), "NjEtLV-----Z21Zg");
        assert_eq!(stamps.next(now), "NjEtLV----0Z21Zg");
        let mut other = Stamps::new("b");
        other.saw("NjEtLV----9Z21Zg");
        assert_eq!(other.next(now + 6), "NjEtLV5----b21r_");
        other.saw("NjEtLV6----Z21Zg");
        let next = other.next(now);
        assert!(next.as_str() > "NjEtLV6----Z21Zg", "{next}");
        assert!(is_stamp(&next, now) && is_stamp("", now) && !is_stamp("NjEtLV", now));
        let far = encode(now + AHEAD + 1, TIME) + "----Z21Zg";
        assert!(!is_stamp(&far, now) && is_stamp(&far, now + 1));
    }

    #[test]
    fn numbers_are_written_as_javascript_does() {
        for (value, text) in [
            (json!(3.0), "3"),
            (json!(1.5), "1.5"),
            (json!(1e21), "1e+21"),
            (json!(1e-7), "1e-7"),
            (json!(0.000_001), "0.000001"),
            (json!(-0.0), "0"),
            (json!(1e20), "100000000000000000000"),
            (json!("\u{fffc}"), "null"),
            (json!("a\"\n\u{1}é"), "\"a\\\"\\n\\u0001é\""),
        ] {
            assert_eq!(stringified(&value), text);
        }
    }
}
