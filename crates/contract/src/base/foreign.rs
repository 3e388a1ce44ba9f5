//! Makes third-party text safe in our messages. It comes from scenario files, tables, logs,
//! records, paths and engines.

use std::borrow::Cow;
use std::path::Path;

/// Makes third-party text safe for a message: one line, without side effects.
///
/// Escapes line breaks, other control characters, and characters that reorder or hide text. Also
/// escapes texts that a CI job reads as a command: `::` without a letter or digit before it, and
/// `##`. A second call does not change the text.
pub fn escape_control(text: &str) -> Cow<'_, str> {
    let is_plain = |c: u8| (b' '..0x7f).contains(&c) && !b":#".contains(&c);
    if text.bytes().all(is_plain) || !acts(text) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for (before, c, next) in with_neighbours(text) {
        match c {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            c if is_active((before, c, next)) => {
                // As in JSON: characters beyond the first plane are written as a surrogate pair.
                for half in c.encode_utf16(&mut [0; 2]) {
                    escaped.push_str(&format!("\\u{half:04x}"));
                }
            }
            c => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

/// Makes lines safe that are shown with line numbers. Each active character is replaced by one of
/// the same length in bytes. So positions in the text stay valid.
pub fn mask_lines(text: &str) -> Cow<'_, str> {
    let mut lines = String::with_capacity(text.len());
    for (before, c, next) in with_neighbours(text) {
        let stays = matches!(c, '\n' | '\t' | ':') || c == '\r' && next == Some('\n');
        lines.push(match c.len_utf8() {
            _ if stays || !is_active((before, c, next)) => c,
            1 => '?',
            2 => '¿',
            3 => '\u{fffd}',
            _ => '\u{1f6ab}',
        });
    }
    if lines == text { Cow::Borrowed(text) } else { Cow::Owned(lines) }
}

/// A path, made safe for a message.
pub fn escape_path(path: impl AsRef<Path>) -> String {
    escape_control(&path.as_ref().to_string_lossy()).into_owned()
}

/// Makes all texts in third-party JSON safe, except in the field `verbatim` of the outer object.
pub fn escape_json<'t>(json: &'t str, verbatim: &str) -> Cow<'t, str> {
    let (mut escaped, mut copied) = (String::new(), 0);
    let (mut depth, mut is_verbatim) = (0_u64, false);
    let mut at = 0;
    let bytes = json.as_bytes();
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' if depth == 1 => is_verbatim = false,
            b'"' => {
                let end = end_of_text(bytes, at);
                let text = serde_json::from_str::<String>(&json[at..end]).unwrap_or_default();
                is_verbatim |= depth == 1 && text == verbatim;
                if !is_verbatim && acts(&text) {
                    escaped.push_str(&json[copied..at]);
                    escaped.push_str(&serde_json::to_string(&escape_control(&text)).expect("a text is JSON"));
                    copied = end;
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    Cow::Owned(escaped + &json[copied..])
}

/// The position after the closing quote of the JSON text that begins at `quote`.
fn end_of_text(json: &[u8], quote: usize) -> usize {
    let mut at = quote + 1;
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    json.len()
}

/// A character with the characters before and after it.
type Neighbours = (Option<char>, char, Option<char>);

fn with_neighbours(text: &str) -> impl Iterator<Item = Neighbours> {
    let (mut before, mut rest) = (None, text.chars());
    std::iter::from_fn(move || {
        let c = rest.next()?;
        Some((before.replace(c), c, rest.clone().next()))
    })
}

fn acts(text: &str) -> bool {
    with_neighbours(text).any(is_active)
}

fn is_active((before, c, next): Neighbours) -> bool {
    let follows_word = |before: char| before.is_alphanumeric() || before == ':';
    match c {
        ':' => before.is_none_or(|before| next.is_none_or(|next| next == ':') && !follows_word(before)),
        '#' => before == Some('#'),
        c => c.is_control() || hides(c),
    }
}

/// Whether a character reorders the text around it, breaks a line or is invisible.
fn hides(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_acts_is_written_as_an_escape_and_all_else_stays() {
        let same = ["Ward 5: beds", "a::b", "12:30", "#1", "ü ‘x’ \u{200d}", "C:\\rows.csv", "", "\\u202e"];
        same.iter().for_each(|text| assert_eq!(escape_control(text), *text));
        for (text, escaped) in [
            ("::error::x", "\\u003a:error::x"),
            ("a ::error::x", "a \\u003a:error::x"),
            ("(::debug::x", "(\\u003a:debug::x"),
            (":", "\\u003a"),
            ("a :", "a \\u003a"),
            ("x ##[error]y", "x #\\u0023[error]y"),
            ("a\n b\tc\r", "a\\n b\\tc\\r"),
            ("\u{1b}[31mred\u{9b}\u{7f}", "\\u001b[31mred\\u009b\\u007f"),
            ("user\u{202e}toml.exe\u{2028}", "user\\u202etoml.exe\\u2028"),
            ("\u{e0041}", "\\udb40\\udc41"),
        ] {
            assert_eq!(escape_control(text), escaped);
        }
    }

    #[test]
    fn lines_keep_their_places_where_something_in_them_acts() {
        let (lines, shown) = (
            "a = ::b\r\n\u{1b}[1m\u{9b}\u{202e}\u{e0041}##[x]\t\r",
            "a = ::b\r\n?[1m¿\u{fffd}\u{1f6ab}#?[x]\t?",
        );
        assert_eq!((mask_lines(lines), lines.len()), (shown.into(), shown.len()));
    }

    #[test]
    fn json_of_others_is_inert_but_in_the_field_that_is_kept_as_it_is() {
        let kept = "{\"a\":[\"x\",{\"b\":1}],\"resolved\":{\"c\":\"l\\n::m\"},\"d\":\"e\\\"\"}";
        assert!(matches!(escape_json(kept, "resolved"), Cow::Borrowed(_)));
        let acts = kept.replace("\"x\"", "\"x\\n\"").replace("e\\\"", "::e\\\"");
        let read: serde_json::Value = serde_json::from_str(&escape_json(&acts, "resolved")).unwrap();
        let texts = (read["a"][0].as_str(), read["resolved"]["c"].as_str(), read["d"].as_str());
        assert_eq!(texts, (Some("x\\n"), Some("l\n::m"), Some("\\u003a:e\"")));
        for damaged in ["\"a\\", "{\"a", "\"\\", "]]\"\u{1b}\""] {
            let _ = escape_json(damaged, "resolved");
        }
    }

    proptest! {
        #[test]
        fn inert_text_stays_as_it_is(text in "[a:# \\n\\\\u\\x1b\u{202e}]{0,12}") {
            let once = escape_control(&text).into_owned();
            prop_assert_eq!(&escape_control(&once), &once);
            let acts = once.contains(['\n', '\u{1b}', '\u{202e}']) || once.contains(" ::");
            let acts = acts || once.starts_with(':') || once.contains("##");
            prop_assert!(!acts, "{:?}", once);
        }
    }
}
