//! Elements, written.

use crate::base::json::{Sink, write_value};
use crate::base::{Stamp, ValueRef};

pub(super) fn put_text<S: Sink>(out: &mut S, name: &str, value: &str) {
    out.put(b" ");
    out.put(name.as_bytes());
    out.put(b"=\"");
    put_escaped(out, value);
    out.put(b"\"");
}

pub(super) fn put_number<S: Sink>(out: &mut S, name: &str, value: i64) {
    out.put(b" ");
    out.put(name.as_bytes());
    out.put(b"=\"");
    write_value(out, ValueRef::Int(value));
    out.put(b"\"");
}

/// The same for a number that may be missing.
pub(super) fn put_some<S: Sink>(out: &mut S, name: &str, value: Option<Stamp>) {
    if let Some(Stamp(value)) = value {
        put_number(out, name, value);
    }
}

pub(super) fn put_value<S: Sink>(out: &mut S, value: ValueRef<'_>) {
    match value {
        ValueRef::Null => out.put(b"<null/>"),
        ValueRef::Int(_) => {
            out.put(b"<int>");
            write_value(out, value);
            out.put(b"</int>");
        }
        ValueRef::Real(_) => {
            out.put(b"<real>");
            write_value(out, value);
            out.put(b"</real>");
        }
        ValueRef::Text(text) => {
            out.put(b"<text>");
            put_escaped(out, text);
            out.put(b"</text>");
        }
    }
}

/// Whether XML takes the character as it is, in a text and in an attribute.
fn is_plain(byte: u8) -> bool {
    byte >= 0x20 && byte != b'<' && byte != b'>' && byte != b'&' && byte != b'"'
}

/// Appends a text. Line ends are written as references, since a reader may make others of them.
fn put_escaped<S: Sink>(out: &mut S, text: &str) {
    let bytes = text.as_bytes();
    // Without a branch a byte this is done many bytes at once, and most texts are plain.
    if bytes.iter().fold(true, |plain, byte| plain & is_plain(*byte)) {
        return out.put(bytes);
    }
    let mut begun = 0;
    for (at, byte) in bytes.iter().enumerate().filter(|(_, byte)| !is_plain(**byte)) {
        out.put(&bytes[begun..at]);
        match byte {
            b'<' => out.put(b"&lt;"),
            b'>' => out.put(b"&gt;"),
            b'&' => out.put(b"&amp;"),
            b'"' => out.put(b"&quot;"),
            _ => out.put(format!("&#{byte};").as_bytes()),
        }
        begun = at + 1;
    }
    out.put(&bytes[begun..]);
}
