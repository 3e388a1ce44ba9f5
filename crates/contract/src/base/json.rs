//! Writes values as JSON directly.

use super::value::{Value, ValueRef};

/// Appends a value as JSON.
pub fn write_value(out: &mut Vec<u8>, value: ValueRef<'_>) {
    let written = match value {
        ValueRef::Null => {
            out.extend(b"null");
            Ok(())
        }
        ValueRef::Int(n) => serde_json::to_writer(&mut *out, &n),
        ValueRef::Real(x) => {
            assert!(x.is_finite(), "JSON has no word for {x}");
            serde_json::to_writer(&mut *out, &x)
        }
        ValueRef::Text(t) if is_plain(t) => {
            out.extend(b"\"");
            out.extend(t.as_bytes());
            out.extend(b"\"");
            Ok(())
        }
        ValueRef::Text(t) => serde_json::to_writer(&mut *out, t),
    };
    written.expect("writing to memory does not fail");
}

/// Whether no byte needs an escape. The loop has no branches, so the compiler vectorizes it. Most
/// bytes of responses are text.
fn is_plain(text: &str) -> bool {
    text.bytes().fold(true, |plain, byte| plain & (byte >= 0x20) & (byte != b'"') & (byte != b'\\'))
}

/// The values in the form in which a database stores them in one cell: `,value,value,…`.
pub fn encode_cells<'v>(values: impl Iterator<Item = &'v Value>) -> Vec<u8> {
    let mut out = Vec::new();
    for value in values {
        out.extend(b",");
        value.with_ref(|v| write_value(&mut out, v));
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_text_is_written_as_json_asks_for(text in r#"[ -~\x00-\x1f"\\é\u{2028}𝄞]{0,40}"#) {
            let mut out = Vec::new();
            write_value(&mut out, ValueRef::Text(&text));
            prop_assert_eq!(out, serde_json::to_vec(&text).unwrap());
        }
    }
}
