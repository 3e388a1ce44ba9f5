//! A JSON parser that stores the position of each value, so that error messages can mark it.

use std::borrow::Cow;
use std::ops::Range;

#[derive(Clone, Debug)]
pub(super) struct Node<'t> {
    pub(super) span: Range<usize>,
    pub(super) value: Json<'t>,
}

#[derive(Clone, Debug)]
pub(super) enum Json<'t> {
    Null,
    Bool(bool),
    /// The number as it is written.
    Number(&'t str),
    Text(Cow<'t, str>),
    List(Vec<Node<'t>>),
    Table(Vec<Field<'t>>),
}

#[derive(Clone, Debug)]
pub(super) struct Field<'t> {
    pub(super) name: Cow<'t, str>,
    pub(super) span: Range<usize>,
    pub(super) node: Node<'t>,
}

/// A syntax error and its position.
#[derive(Debug)]
pub(super) struct NotJson {
    pub(super) span: Range<usize>,
    pub(super) what: &'static str,
}

/// The deepest nesting that the parser accepts.
const DEPTH: usize = 32;

impl<'t> Node<'t> {
    pub(super) fn parse(text: &'t str) -> Result<Node<'t>, NotJson> {
        let mut reader = Reader { text, at: 0 };
        reader.blank();
        let node = reader.node(0)?;
        reader.blank();
        if reader.at < text.len() {
            Err(reader.wrong("there is more text after the end of the value"))
        } else {
            Ok(node)
        }
    }
    pub(super) fn is_null(&self) -> bool {
        matches!(self.value, Json::Null)
    }
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            Json::Null => "null",
            Json::Bool(_) => "true or false",
            Json::Number(_) => "a number",
            Json::Text(_) => "a text",
            Json::List(_) => "a list",
            Json::Table(_) => "an object",
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }
    fn blank(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\r' | b'\n') {
            self.at += 1;
        }
    }
    fn wrong(&self, what: &'static str) -> NotJson {
        let rest = &self.text[self.at..];
        let width = rest.chars().next().map_or(0, char::len_utf8);
        NotJson { span: self.at..self.at + width, what }
    }

    fn node(&mut self, depth: usize) -> Result<Node<'t>, NotJson> {
        let start = self.at;
        let value = match self.peek() {
            b'{' if depth < DEPTH => {
                let field = |reader: &mut Self, fields: &[_]| reader.field(depth, fields);
                Json::Table(self.items(b'}', "a `,` or a `}` is required here", field)?)
            }
            b'[' if depth < DEPTH => {
                let item = |reader: &mut Self, _: &[_]| reader.node(depth + 1);
                Json::List(self.items(b']', "a `,` or a `]` is required here", item)?)
            }
            b'{' | b'[' => return Err(self.wrong("this is nested too deeply")),
            b'"' => Json::Text(self.text()?),
            b'-' | b'0'..=b'9' => Json::Number(self.number()?),
            _ => self.word()?,
        };
        Ok(Node { span: start..self.at, value })
    }
    fn word(&mut self) -> Result<Json<'t>, NotJson> {
        let words = [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))];
        for (word, value) in words {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        let ended = self.at >= self.text.len();
        Err(self.wrong(if ended {
            "the text ends before the value is complete"
        } else {
            "a value is required here"
        }))
    }

    fn number(&mut self) -> Result<&'t str, NotJson> {
        let start = self.at;
        while matches!(self.peek(), b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9') {
            self.at += 1;
        }
        let text = &self.text[start..self.at];
        let digits = text.strip_prefix('-').unwrap_or(text);
        let leading = digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
        let sound = digits.starts_with(|c: char| c.is_ascii_digit())
            && digits.ends_with(|c: char| c.is_ascii_digit())
            && !leading
            && text.parse::<f64>().is_ok_and(f64::is_finite);
        if sound { Ok(text) } else { Err(NotJson { span: start..self.at, what: "this is not a number" }) }
    }

    fn text(&mut self) -> Result<Cow<'t, str>, NotJson> {
        let open = self.at;
        self.at += 1;
        let start = self.at;
        let mut owned: Option<String> = None;
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let plain = rest.iter().take_while(|b| **b != b'"' && **b != b'\\' && **b >= b' ').count();
            let piece = &self.text[self.at..self.at + plain];
            owned.iter_mut().for_each(|text| text.push_str(piece));
            self.at += plain;
            match self.peek() {
                b'"' => {
                    let end = self.at;
                    self.at += 1;
                    return Ok(owned.map_or(Cow::Borrowed(&self.text[start..end]), Cow::Owned));
                }
                b'\\' => {
                    let text = owned.get_or_insert_with(|| self.text[start..self.at].to_owned());
                    let (letter, at) = escaped(self.text, self.at).ok_or(NotJson {
                        span: self.at..self.at + 1,
                        what: "JSON does not have this escape; write a backslash as `\\\\`",
                    })?;
                    text.push(letter);
                    self.at = at;
                }
                _ if self.at >= self.text.len() => {
                    return Err(NotJson {
                        span: open..open + 1,
                        what: "the closing quote of this text is missing",
                    });
                }
                _ => return Err(self.wrong("write a control character as an escape such as `\\n`")),
            }
        }
    }

    /// Reads items with commas between them, up to a closing bracket.
    fn items<T>(
        &mut self,
        close: u8,
        more: &'static str,
        mut item: impl FnMut(&mut Self, &[T]) -> Result<T, NotJson>,
    ) -> Result<Vec<T>, NotJson> {
        let mut items = Vec::new();
        self.at += 1;
        self.blank();
        while self.peek() != close || !items.is_empty() {
            let next = item(self, &items)?;
            items.push(next);
            self.blank();
            match self.peek() {
                b',' => self.at += 1,
                end if end == close => break,
                _ => return Err(self.wrong(more)),
            }
            self.blank();
        }
        self.at += 1;
        Ok(items)
    }
    fn field(&mut self, depth: usize, fields: &[Field<'t>]) -> Result<Field<'t>, NotJson> {
        let start = self.at;
        if self.peek() != b'"' {
            return Err(self.wrong("a name in quotes is required here"));
        }
        let name = self.text()?;
        let span = start..self.at;
        if fields.iter().any(|field| field.name == name) {
            return Err(NotJson { span, what: "the object has this name twice" });
        }
        self.blank();
        if self.peek() != b':' {
            return Err(self.wrong("a `:` is required here"));
        }
        self.at += 1;
        self.blank();
        Ok(Field { name, span, node: self.node(depth + 1)? })
    }
}

/// Returns the character of an escape, and the position after the escape.
fn escaped(text: &str, at: usize) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        u32::from_str_radix(digits, 16).ok()
    };
    let simple = |letter: char| Some((letter, at + 2));
    match text.as_bytes().get(at + 1)? {
        b'n' => simple('\n'),
        b't' => simple('\t'),
        b'r' => simple('\r'),
        b'b' => simple('\u{8}'),
        b'f' => simple('\u{c}'),
        b'"' => simple('"'),
        b'\\' => simple('\\'),
        b'/' => simple('/'),
        b'u' => {
            let high = unit(at + 2)?;
            if !(0xd800..0xdc00).contains(&high) {
                return char::from_u32(high).map(|letter| (letter, at + 6));
            }
            let low = text.get(at + 6..at + 8).filter(|u| *u == "\\u").and_then(|_| unit(at + 8))?;
            let low = low.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
            char::from_u32(0x10000 + ((high - 0xd800) << 10) + low).map(|letter| (letter, at + 12))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_json_is_read_as_serde_reads_it() {
        let texts = [
            r#"{"a": [1, -2.5e3, "x\n\u00e9\ud83d\ude00\/", true, null, {}, []]}"#,
            "\"\"",
            " 0 ",
            "[[[]]]",
            r#"{"a":1}"#,
        ];
        for text in texts {
            let own = written(&Node::parse(text).expect("it is JSON"));
            let theirs: serde_json::Value = serde_json::from_str(text).expect("it is JSON");
            assert_eq!(own, theirs, "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused_where_it_stands() {
        for (text, at) in [
            ("", 0),
            ("{", 1),
            (r#"{"a""#, 4),
            (r#"{"a":NaN}"#, 5),
            (r#"{"a":1,}"#, 7),
            (r#"{"a":1,"a":2}"#, 7),
            ("[1,]", 3),
            ("\"x", 0),
            ("01", 0),
            ("1e999", 0),
            ("-", 0),
            (r#""\ud83d""#, 1),
            ("{} {}", 3),
            ("\"\u{1}\"", 1),
        ] {
            let wrong = Node::parse(text).expect_err(text);
            assert_eq!(wrong.span.start, at, "{text}: {}", wrong.what);
        }
        assert!(Node::parse(&"[".repeat(100_000)).is_err());
    }

    fn written(node: &Node<'_>) -> serde_json::Value {
        match &node.value {
            Json::Null => serde_json::Value::Null,
            Json::Bool(is) => (*is).into(),
            Json::Number(text) => serde_json::from_str(text).expect("a number"),
            Json::Text(text) => text.as_ref().into(),
            Json::List(items) => items.iter().map(written).collect(),
            Json::Table(fields) => {
                fields.iter().map(|field| (field.name.to_string(), written(&field.node))).collect()
            }
        }
    }
}
