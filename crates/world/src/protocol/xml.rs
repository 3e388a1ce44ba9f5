//! XML. The simulator really encodes and parses messages. Each message, row and value is an
//! element.
//!
//! A value is in an element named after its kind: `<row key="k" stamp="7"><text>a</text>
//! <int>5</int><null/></row>`. Column names are not sent. A typical serialiser has the column name
//! in these tags instead of the kind. Characters that XML does not allow are written as character
//! references.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::answer::Rows;
use super::coding::Costs;
use super::damaged::Damaged;
use super::format::{Facts, PageEnd};
use super::marked::{Field, Fields, Held, Marked, ROOTS, parsed, unexpected};
use super::weight::Frames;
use crate::base::json::write_value;
use crate::base::{Cell, ValueRef};

/// Elements that are not messages. Each contains a part of the surrounding message.
const HOLDERS: [&[u8]; 4] = [b"pages", b"undone", b"withheld", b"end"];

pub(super) struct Xml;

impl Marked for Xml {
    const FACTS: Facts = Facts {
        name: "xml",
        about: "elements with column names",
        content_type: "application/xml",
        costs: Costs { written: 343, read: 1_959 },
        frames: Frames { edit: 95, column: 22, text: 13, number: 18, null: 7, head: 140, verdict: 60 },
        no: b"<error ",
        results: [b"<results>", b"</results>"],
        pages: [b"<pages>", b"</pages>"],
        end_of_row: b"</row>",
        end: b"</answer>",
        as_kept: false,
    };
    const HAS_HEADS: bool = true;
    type Fields<'a> = Elements<'a>;
    fn open(out: &mut Vec<u8>, (name, _): Field) {
        out.extend(b"<");
        out.extend(name.as_bytes());
    }
    fn end_head(out: &mut Vec<u8>) {
        out.extend(b">");
    }
    fn close(out: &mut Vec<u8>, (name, _): Field) {
        out.extend(b"</");
        out.extend(name.as_bytes());
        out.extend(b">");
    }
    fn close_head(out: &mut Vec<u8>, _: Field) {
        out.extend(b"/>");
    }
    fn text(out: &mut Vec<u8>, field: Field, text: &str) {
        put_attribute(out, field, |out| put_escaped(out, text));
    }
    fn signed(out: &mut Vec<u8>, field: Field, number: i64) {
        put_attribute(out, field, |out| write_value(out, ValueRef::Int(number)));
    }
    fn number(out: &mut Vec<u8>, (name, number_of): Field, number: u64) {
        // XML has one attribute `guard` for 2 fields: the word `since`, or the number of an image.
        let name = if name == "image" { "guard" } else { name };
        Xml::text(out, (name, number_of), &number.to_string());
    }
    fn word(out: &mut Vec<u8>, field: Field, (word, _): (&str, u64)) {
        Xml::text(out, field, word);
    }
    fn cell(out: &mut Vec<u8>, _: usize, value: ValueRef<'_>) {
        let kind = match value {
            ValueRef::Null => return out.extend(b"<null/>"),
            ValueRef::Int(_) => ("int", 0),
            ValueRef::Real(_) => ("real", 0),
            ValueRef::Text(_) => ("text", 0),
        };
        Xml::open(out, kind);
        out.extend(b">");
        match value {
            ValueRef::Text(text) => put_escaped(out, text),
            number => write_value(out, number),
        }
        Xml::close(out, kind);
    }
    fn columns(out: &mut Vec<u8>, set: &[(usize, Cell<'_>)]) {
        for (column, cell) in set {
            out.extend(b"<set");
            Xml::number(out, ("column", 0), *column as u64);
            out.extend(b">");
            Xml::cell(out, *column, cell.as_ref());
            out.extend(b"</set>");
        }
    }
    fn end_page(out: &mut Vec<u8>, end: &PageEnd) {
        let PageEnd { cursor, more, undone, unseen, withheld, ids } = end;
        for span in undone {
            out.extend(b"<undone");
            Xml::signed(out, ("from", 0), span.from.0);
            Xml::signed(out, ("until", 0), span.until.0);
            out.extend(b"/>");
        }
        for key in withheld {
            out.extend(b"<withheld");
            Xml::text(out, ("key", 0), key);
            out.extend(b"/>");
        }
        out.extend(b"<end");
        Xml::text(out, ("cursor", 0), cursor);
        unseen.iter().for_each(|unseen| Xml::signed(out, ("unseen", 0), unseen.0));
        if let Some((first, count)) = ids {
            Xml::number(out, ("first", 0), *first);
            Xml::number(out, ("count", 0), u64::from(*count));
        }
        Xml::text(out, ("more", 0), if *more { "true" } else { "false" });
        out.extend(b"/></page>");
    }
}

fn put_attribute(out: &mut Vec<u8>, (name, _): Field, value: impl FnOnce(&mut Vec<u8>)) {
    out.extend(b" ");
    out.extend(name.as_bytes());
    out.extend(b"=\"");
    value(out);
    out.extend(b"\"");
}

fn is_plain(byte: u8) -> bool {
    byte >= 0x20 && byte != b'<' && byte != b'>' && byte != b'&' && byte != b'"'
}

/// Appends a text. Line ends are written as character references, because XML parsers may change
/// them.
fn put_escaped(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    // Most texts are plain. This check has no branches, so the compiler vectorises it.
    if bytes.iter().fold(true, |plain, byte| plain & is_plain(*byte)) {
        return out.extend(bytes);
    }
    let mut begun = 0;
    for (at, byte) in bytes.iter().enumerate().filter(|(_, byte)| !is_plain(**byte)) {
        out.extend(&bytes[begun..at]);
        match byte {
            b'<' => out.extend(b"&lt;"),
            b'>' => out.extend(b"&gt;"),
            b'&' => out.extend(b"&amp;"),
            b'"' => out.extend(b"&quot;"),
            _ => out.extend(format!("&#{byte};").as_bytes()),
        }
        begun = at + 1;
    }
    out.extend(&bytes[begun..]);
}

/// A parser of a document. Attributes are fields. Elements are fields that contain messages.
pub(super) struct Elements<'a> {
    reader: Reader<&'a [u8]>,
    /// Unread attributes of the last element, in reverse order.
    said: Vec<(Vec<u8>, String)>,
    begun: Vec<bool>,
}

impl<'a> Fields<'a> for Elements<'a> {
    fn of(bytes: &'a [u8]) -> Result<(Elements<'a>, &'static str), Damaged> {
        let mut reader = Reader::from_reader(bytes);
        reader.config_mut().expand_empty_elements = true;
        let mut elements = Elements { reader, said: Vec::new(), begun: Vec::new() };
        match elements.next(ROOTS)? {
            Some((root, _)) => Ok((elements, root)),
            None => Err(Damaged("a document without an element".to_owned())),
        }
    }

    fn next(&mut self, known: &[&'static str]) -> Result<Option<(&'static str, Held<'a>)>, Damaged> {
        let named = |name: &[u8]| {
            // `from` and `until` are attributes of the field `undone`.
            let name: &[u8] = if name == b"from" || name == b"until" { b"undone" } else { name };
            let field = known.iter().find(|known| known.as_bytes() == name);
            field.copied().ok_or_else(|| unexpected(&String::from_utf8_lossy(name)))
        };
        loop {
            if let Some((name, text)) = self.said.pop() {
                return Ok(Some((named(&name)?, Held::Text(Cow::Owned(text)))));
            }
            let Some(element) = self.child()? else {
                if self.begun.pop() == Some(false) {
                    continue;
                }
                return Ok(None);
            };
            self.said = attributes(&element)?;
            let name = element.name().into_inner();
            let is_message = !HOLDERS.contains(&name);
            self.begun.push(is_message);
            if is_message {
                return Ok(Some((named(name)?, Held::Message)));
            }
        }
    }

    fn row(&mut self, rows: &mut Rows<'a>) -> Result<(), Damaged> {
        let said = std::mem::take(&mut self.said);
        let get = |name: &str| said.iter().find(|(said, _)| said == name.as_bytes()).map(|(_, text)| text);
        for name in ["columns", "base", "key", "stamp"] {
            match get(name) {
                Some(text) if name == "key" => rows.add(Cell::Text(Cow::Owned(text.clone()))),
                Some(text) => rows.add(Cell::Int(parsed(text)?)),
                None if name == "columns" || name == "base" => {}
                None => return Err(Damaged(format!("no attribute {name}"))),
            }
        }
        while let Some(kind) = self.child()? {
            let value = self.value(&kind)?;
            rows.add(value);
        }
        self.begun.pop();
        rows.end_row()
    }

    fn columns(&mut self, set: &mut Vec<(usize, Cell<'a>)>) -> Result<(), Damaged> {
        let (_, column) = self.said.pop().ok_or_else(|| unexpected("a value without a column"))?;
        let kind = self.child()?.ok_or_else(|| unexpected("a column without a value"))?;
        set.push((parsed(&column)?, self.value(&kind)?));
        self.begun.pop();
        self.end_of_element()
    }
    fn end(mut self) -> Result<(), Damaged> {
        match self.reader.read_event().map_err(said)? {
            Event::Eof => Ok(()),
            _ => Err(Damaged("something after its end".to_owned())),
        }
    }
}

impl<'a> Elements<'a> {
    /// The next child of the open element; `None` at its end.
    fn child(&mut self) -> Result<Option<BytesStart<'a>>, Damaged> {
        loop {
            match self.reader.read_event().map_err(said)? {
                Event::Start(start) => return Ok(Some(start)),
                Event::End(_) => return Ok(None),
                Event::Text(text) if text.iter().all(u8::is_ascii_whitespace) => {}
                Event::Comment(_) | Event::Decl(_) => {}
                Event::Eof => return Err(Damaged("it ends early".to_owned())),
                _ => return Err(Damaged("an element was expected".to_owned())),
            }
        }
    }

    fn end_of_element(&mut self) -> Result<(), Damaged> {
        if self.child()?.is_none() { Ok(()) } else { Err(unexpected("an element")) }
    }
    /// The text of the open element, up to its end.
    fn text(&mut self) -> Result<Cow<'a, str>, Damaged> {
        let mut whole = Cow::Borrowed("");
        loop {
            match self.reader.read_event().map_err(said)? {
                Event::Text(text) => {
                    let text = match text.into_inner() {
                        Cow::Borrowed(text) => Cow::Borrowed(std::str::from_utf8(text).map_err(said)?),
                        Cow::Owned(text) => Cow::Owned(String::from_utf8(text).map_err(said)?),
                    };
                    if whole.is_empty() { whole = text } else { whole.to_mut().push_str(&text) }
                }
                Event::GeneralRef(name) => whole.to_mut().push(meant(&name)?),
                Event::End(_) => return Ok(whole),
                Event::Eof => return Err(Damaged("it ends early".to_owned())),
                _ => return Err(Damaged("a text was expected".to_owned())),
            }
        }
    }

    fn value(&mut self, element: &BytesStart<'_>) -> Result<Cell<'a>, Damaged> {
        match element.name().into_inner() {
            b"text" => Ok(Cell::Text(self.text()?)),
            b"null" => self.end_of_element().map(|()| Cell::Null),
            b"int" => parsed(&self.text()?).map(Cell::Int),
            b"real" => match parsed(&self.text()?)? {
                x if f64::is_finite(x) => Ok(Cell::Real(x)),
                x => Err(Damaged(format!("{x} is not a number of a row"))),
            },
            other => Err(unexpected(&String::from_utf8_lossy(other))),
        }
    }
}

fn attributes(element: &BytesStart<'_>) -> Result<Vec<(Vec<u8>, String)>, Damaged> {
    let mut all = Vec::new();
    for attribute in element.attributes().with_checks(false) {
        let attribute = attribute.map_err(said)?;
        all.insert(0, (attribute.key.into_inner().to_vec(), unescaped(&attribute.value)?));
    }
    Ok(all)
}

fn said(error: impl ToString) -> Damaged {
    Damaged(error.to_string())
}

fn meant(name: &[u8]) -> Result<char, Damaged> {
    let known = match name {
        b"lt" => Some('<'),
        b"gt" => Some('>'),
        b"amp" => Some('&'),
        b"quot" => Some('"'),
        b"apos" => Some('\''),
        _ => std::str::from_utf8(name).ok().and_then(|name| {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }),
    };
    known.ok_or_else(|| Damaged(format!("an unknown reference {:?}", String::from_utf8_lossy(name))))
}

fn unescaped(value: &[u8]) -> Result<String, Damaged> {
    let mut rest = std::str::from_utf8(value).map_err(said)?;
    let mut text = String::with_capacity(rest.len());
    while let Some(at) = rest.find('&') {
        text.push_str(&rest[..at]);
        let end = rest[at..].find(';').ok_or_else(|| Damaged("a reference without its end".to_owned()))?;
        text.push(meant(&rest.as_bytes()[at + 1..at + end])?);
        rest = &rest[at + end + 1..];
    }
    text.push_str(rest);
    Ok(text)
}
