//! The reports of an app in one request: lines, a JSON list, or one object. They are parsed one by
//! one, so only one is in memory as JSON.

use super::theirs::is_kind;
use hyper::body::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use tokio::sync::OwnedSemaphorePermit;

/// A body, with its memory permits.
pub(super) struct Held {
    pub(super) bytes: Bytes,
    pub(super) place: Option<OwnedSemaphorePermit>,
}

/// The lines of a report, in order.
pub(super) struct Lines {
    body: Held,
    place: Place,
    /// True if all lines come from the user's own server, which is not a device.
    pub(super) is_of_server: bool,
    /// The number of lines.
    pub(super) count: u64,
}

/// The position and the number of the next line.
#[derive(Clone, Copy, Default)]
struct Place {
    at: usize,
    number: u64,
    is_list: bool,
}

/// The members of a line that are needed before the report is accepted.
#[derive(Deserialize)]
struct Whose {
    #[serde(default)]
    device: Option<Json>,
    #[serde(default)]
    kind: Option<Json>,
}

fn blank(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

impl Place {
    fn of(body: &[u8]) -> Place {
        let first = blank(body);
        let is_list = body.get(first) == Some(&b'[');
        Place { at: if is_list { first + 1 } else { 0 }, number: 0, is_list }
    }
    /// Parses the next object.
    fn next<'b, T: Deserialize<'b>>(&mut self, body: &'b [u8]) -> Option<Result<T, String>> {
        if self.is_list { self.next_of_list(body) } else { self.next_line(body) }
    }
    fn next_line<'b, T: Deserialize<'b>>(&mut self, body: &'b [u8]) -> Option<Result<T, String>> {
        loop {
            let rest = body.get(self.at..).filter(|rest| !rest.is_empty())?;
            let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            (self.at, self.number) = (self.at + length + 1, self.number + 1);
            let line = &rest[blank(&rest[..length])..length];
            if !line.is_empty() {
                return Some(object(line, self.number).and_then(|line| {
                    serde_json::from_slice(line).map_err(|error| format!("line {}: {error}", self.number))
                }));
            }
        }
    }
    fn next_of_list<'b, T: Deserialize<'b>>(&mut self, body: &'b [u8]) -> Option<Result<T, String>> {
        let wrong = |at: u64, why: &str| Some(Err(format!("line {at}: {why}")));
        let skip = |at: usize| at + blank(body.get(at..).unwrap_or_default());
        self.at = skip(self.at);
        match (body.get(self.at), self.number) {
            (Some(b']'), _) => {
                let is_all = skip(self.at + 1) >= body.len();
                return if is_all { None } else { wrong(self.number, "text follows after the list") };
            }
            (None, _) => return wrong(self.number, "the list is not closed"),
            (Some(b','), 1..) => self.at = skip(self.at + 1),
            (Some(_), 1..) => return wrong(self.number, "a comma or the end of the list is required"),
            (Some(_), 0) => {}
        }
        self.number += 1;
        let rest = match object(body.get(self.at..).unwrap_or_default(), self.number) {
            Ok(rest) => rest,
            Err(wrong) => return Some(Err(wrong)),
        };
        let mut one = serde_json::Deserializer::from_slice(rest).into_iter();
        let read = one.next()?;
        self.at += one.byte_offset();
        Some(read.map_err(|error| format!("line {}: {error}", self.number)))
    }
}

fn object(text: &[u8], number: u64) -> Result<&[u8], String> {
    let is_one = text.first() == Some(&b'{');
    is_one.then_some(text).ok_or_else(|| format!("line {number} is not an object"))
}

impl Lines {
    /// Checks the lines of a body. Returns them, and the device that they name, if any.
    ///
    /// # Errors
    /// A line is not an object, or the lines name several devices.
    pub(super) fn of(body: Held) -> Result<(Lines, Option<String>), String> {
        let text: &Bytes = &body.bytes;
        let (mut place, mut count, mut named) = (Place::of(text), 0, None);
        let mut is_of_server = true;
        while let Some(line) = place.next::<Whose>(text) {
            let line = line?;
            is_of_server &= is_kind(line.kind.as_ref().and_then(Json::as_str).unwrap_or_default());
            let of = line.device.as_ref().and_then(Json::as_str).map(str::to_owned);
            if count > 0 && of != named {
                return Err("all lines of a request must be of one device".to_owned());
            }
            (named, count) = (of, count + 1);
        }
        if count == 0 {
            return Err("the request is empty".to_owned());
        }
        let place = Place::of(text);
        Ok((Lines { body, place, is_of_server, count }, named))
    }
    /// Returns the next line without its device.
    ///
    /// # Errors
    /// A text that says what is wrong with the line.
    pub(super) fn next(&mut self) -> Option<Result<Map<String, Json>, String>> {
        let mut line: Result<Map<String, Json>, String> = self.place.next(&self.body.bytes)?;
        line.iter_mut().for_each(|line| _ = line.remove("device"));
        Some(line)
    }
    pub(super) fn number(&self) -> u64 {
        self.place.number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<(usize, Option<String>), String> {
        let held = Held { bytes: Bytes::from(body.to_owned()), place: None };
        let (mut lines, named) = Lines::of(held)?;
        let mut all = 0;
        while let Some(line) = lines.next() {
            assert!(!line?.contains_key("device"));
            all += 1;
        }
        assert_eq!(all as u64, lines.count);
        Ok((all, named))
    }

    #[test]
    fn lines_a_list_and_one_object_are_read_one_by_one() {
        assert_eq!(read("{\"a\":1}"), Ok((1, None)));
        assert_eq!(read("\n{\"a\":1}\r\n\n {\"b\":[1]} "), Ok((2, None)));
        assert_eq!(
            read(" [{\"device\":\"d\"} ,\n{\"device\":\"d\",\"x\":{}}]\n"),
            Ok((2, Some("d".to_owned())))
        );
        for (body, why) in [
            ("", "the request is empty"),
            (" [ ] ", "the request is empty"),
            ("{", "line 1: EOF"),
            ("\n\n{]", "line 3: "),
            ("7", "line 1 is not an object"),
            ("[{},7]", "line 2 is not an object"),
            ("[{},]", "line 2 is not an object"),
            ("[{} {}]", "line 1: a comma"),
            ("[{},{}", "line 2: the list is not closed"),
            ("[{}]x", "line 1: text follows"),
            ("{\"device\":\"a\"}\n{}", "of one device"),
        ] {
            let wrong = read(body).expect_err(body);
            assert!(wrong.contains(why), "{body}: {wrong}");
        }
    }
}
