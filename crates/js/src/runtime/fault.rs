//! Errors that end JavaScript.

use std::fmt;

use rquickjs::{CaughtError, Ctx, Error, Value};

/// Ends the cell (one simulation) because of a mistake in a bundle (the app's code). The bench (the
/// simulator) is not at fault, so no backtrace is printed.
pub(crate) fn end_cell(words: String) -> ! {
    std::panic::resume_unwind(Box::new(words))
}

/// An uncaught exception, or an exceeded limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) what: String,
    /// The call stack, the innermost call first: `sync (app.js:12:5)`.
    pub(crate) stack: Vec<String>,
}

impl Fault {
    pub(crate) fn new(what: impl Into<String>) -> Fault {
        Fault { what: what.into(), stack: Vec::new() }
    }
    /// Returns the fault that has a stack; the first if both have one.
    pub(crate) fn either(one: Option<Fault>, other: Option<Fault>) -> Option<Fault> {
        let says_where = |fault: &Option<Fault>| fault.as_ref().is_some_and(|it| !it.stack.is_empty());
        if !says_where(&one) && says_where(&other) { other } else { one.or(other) }
    }
    /// Reads an exception from the prelude's text: the name and message, then the stack.
    pub(crate) fn read(text: &str) -> Fault {
        let is_place = |line: &&str| line.trim_start().starts_with("at ");
        let what: Vec<&str> = text.lines().take_while(|line| !is_place(line)).map(str::trim_end).collect();
        // Calls of the preludes (the bench's own JavaScript) are left out: an app's author does not
        // need them.
        let is_ours = |line: &&str| line.contains("(bench:") || line.contains("(bench-server:");
        let places = text.lines().filter(is_place).filter(|line| !is_ours(line));
        let stack = places.map(|line| line.trim().trim_start_matches("at ").to_owned()).collect();
        Fault { what: what.join("\n").trim_end().to_owned(), stack }
    }
    /// Returns the pending exception in `ctx`.
    pub(crate) fn caught(ctx: &Ctx<'_>, error: Error) -> Fault {
        match CaughtError::from_error(ctx, error) {
            CaughtError::Exception(exception) => {
                let name: String = exception.as_object().get("name").unwrap_or_default();
                let message = exception.message().unwrap_or_default();
                Fault::read(&format!("{name}: {message}\n{}", exception.stack().unwrap_or_default()))
            }
            CaughtError::Value(value) => Fault::new(format!("thrown: {}", said(&value))),
            CaughtError::Error(error) => Fault::new(error.to_string()),
        }
    }
    /// Returns line and column in the file `name`, if the stack has them.
    pub(crate) fn place_in(&self, name: &str) -> Option<(usize, usize)> {
        let place = self.stack.iter().find_map(|place| place.split_once(&format!("{name}:")))?.1;
        let numbers = place.split(|c: char| !c.is_ascii_digit());
        let mut numbers = numbers.filter_map(|digits| digits.parse().ok());
        Some((numbers.next()?, numbers.next().unwrap_or(1)))
    }
    pub(crate) fn brief(&self) -> String {
        let first = self.what.lines().next().unwrap_or_default();
        match self.stack.first() {
            Some(place) => format!("{first} at {place}"),
            None => first.to_owned(),
        }
    }
}

fn said(value: &Value<'_>) -> String {
    let text = value.ctx().json_stringify(value.clone()).ok().flatten();
    text.and_then(|text| text.to_string().ok()).unwrap_or_default()
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        self.stack.iter().try_for_each(|place| write!(f, " at {place}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_places_come_apart() {
        let fault = Fault::read("TypeError: x\nis y\n    at sync (app.js:1:2)\n    at app.js:9:1\n");
        assert_eq!(
            (&*fault.what, &fault.stack[..]),
            ("TypeError: x\nis y", &["sync (app.js:1:2)".to_owned(), "app.js:9:1".to_owned()][..])
        );
        assert_eq!(fault.brief(), "TypeError: x at sync (app.js:1:2)");
    }
}
