//! Elements, read: what they are called, their attributes, their texts.

use std::borrow::Cow;
use std::str::FromStr;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::super::damaged::Damaged;
use crate::base::{Cell, Stamp};

pub(super) struct Element<'a>(BytesStart<'a>);

pub(super) struct Elements<'a> {
    reader: Reader<&'a [u8]>,
}

impl<'a> Elements<'a> {
    /// Begins a document and gives its outermost element.
    ///
    /// # Errors
    /// [`Damaged`] if there is none.
    pub(super) fn of(bytes: &'a [u8]) -> Result<(Elements<'a>, Element<'a>), Damaged> {
        let mut reader = Reader::from_reader(bytes);
        reader.config_mut().expand_empty_elements = true;
        let mut elements = Elements { reader };
        match elements.child()? {
            Some(root) => Ok((elements, root)),
            None => Err(Damaged("a document without an element".to_owned())),
        }
    }

    /// The next child of the element that is open, or `None` with its end.
    pub(super) fn child(&mut self) -> Result<Option<Element<'a>>, Damaged> {
        loop {
            match self.reader.read_event().map_err(said)? {
                Event::Start(start) => return Ok(Some(Element(start))),
                Event::End(_) => return Ok(None),
                Event::Text(text) if text.iter().all(u8::is_ascii_whitespace) => {}
                Event::Comment(_) | Event::Decl(_) => {}
                Event::Eof => return Err(Damaged("it ends early".to_owned())),
                _ => return Err(Damaged("an element was expected".to_owned())),
            }
        }
    }

    /// All children of the element that is open, each read by `item`.
    pub(super) fn all<T>(
        &mut self,
        item: impl Fn(&mut Elements<'a>, &Element<'a>) -> Result<T, Damaged>,
    ) -> Result<Vec<T>, Damaged> {
        let mut items = Vec::new();
        while let Some(child) = self.child()? {
            items.push(item(self, &child)?);
        }
        Ok(items)
    }

    pub(super) fn end(&mut self) -> Result<(), Damaged> {
        match self.child()? {
            None => Ok(()),
            Some(other) => Err(other.unexpected()),
        }
    }

    pub(super) fn end_of_all(&mut self) -> Result<(), Damaged> {
        match self.reader.read_event().map_err(said)? {
            Event::Eof => Ok(()),
            _ => Err(Damaged("something after its end".to_owned())),
        }
    }

    /// The text of the element that is open, to its end.
    pub(super) fn text(&mut self) -> Result<Cow<'a, str>, Damaged> {
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

    pub(super) fn value(&mut self, element: &Element<'_>) -> Result<Cell<'a>, Damaged> {
        let cell = match element.name() {
            b"text" => return Ok(Cell::Text(self.text()?)),
            b"null" => Cell::Null,
            b"int" => return number(&self.text()?).map(Cell::Int),
            b"real" => {
                return match number(&self.text()?)? {
                    x if f64::is_finite(x) => Ok(Cell::Real(x)),
                    x => Err(Damaged(format!("{x} is not a number of a row"))),
                };
            }
            _ => return Err(element.unexpected()),
        };
        self.end()?;
        Ok(cell)
    }
}

impl Element<'_> {
    pub(super) fn name(&self) -> &[u8] {
        self.0.name().into_inner()
    }

    pub(super) fn must_be(&self, name: &[u8]) -> Result<(), Damaged> {
        if self.name() == name { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn unexpected(&self) -> Damaged {
        Damaged(format!("an element <{}> where there is none", String::from_utf8_lossy(self.name())))
    }

    pub(super) fn get(&self, name: &str) -> Result<Option<String>, Damaged> {
        for attribute in self.0.attributes().with_checks(false) {
            let attribute = attribute.map_err(said)?;
            if attribute.key.as_ref() == name.as_bytes() {
                return unescaped(&attribute.value).map(Some);
            }
        }
        Ok(None)
    }

    pub(super) fn text(&self, name: &str) -> Result<String, Damaged> {
        self.get(name)?.ok_or_else(|| Damaged(format!("no attribute {name}")))
    }

    pub(super) fn some<T: FromStr>(&self, name: &str) -> Result<Option<T>, Damaged> {
        self.get(name)?.map(|text| number(&text)).transpose()
    }

    pub(super) fn number<T: FromStr>(&self, name: &str) -> Result<T, Damaged> {
        number(&self.text(name)?)
    }

    pub(super) fn stamp(&self, name: &str) -> Result<Option<Stamp>, Damaged> {
        Ok(self.some(name)?.map(Stamp))
    }

    pub(super) fn says(&self, name: &str) -> Result<bool, Damaged> {
        match self.get(name)?.as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(Damaged(format!("{name} is neither true nor false: {other}"))),
        }
    }
}

fn said(error: impl ToString) -> Damaged {
    Damaged(error.to_string())
}

fn number<T: FromStr>(text: &str) -> Result<T, Damaged> {
    text.parse().map_err(|_| Damaged(format!("{text:?} is not such a number")))
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
