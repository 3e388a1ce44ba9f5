//! The forms of values. Each key is described once, for the checks, the defaults, the JSON Schema
//! and the key list.

use std::borrow::Cow;

use crate::base::{BitRate, Bytes, Ppm, Span, Word};

use super::diagnostic::meant;
use super::tree::{Table, Val};
use super::view::View;

/// A key: its name, form, default and help text, and its condition.
#[derive(Clone, Copy)]
pub struct Key {
    /// The name, as files write it.
    pub name: &'static str,
    /// The allowed values.
    pub form: Form,
    /// The value if the key is not written.
    pub preset: Preset,
    /// The help text of the key.
    pub about: &'static str,
    /// The condition under which the key has an effect; `None` if it always has an effect.
    pub needs: Option<&'static Needs>,
}

/// The condition under which a key has an effect.
pub struct Needs {
    /// The keys to test, each as a dotted path from the root. A path with a leading `.` starts at
    /// the table of the key. `.` alone is the value itself.
    pub of: &'static [&'static str],
    /// Returns true if the key has an effect, given the views of `of`.
    pub holds: fn(&[View<'_>]) -> bool,
    /// Why the key has no effect if the condition does not hold.
    pub why: &'static str,
    /// The fix that the warning proposes.
    pub help: &'static str,
}

/// The value of a key that the file does not contain.
#[derive(Clone, Copy)]
pub enum Preset {
    /// The key must be written.
    Required,
    /// The key may be absent, and nothing replaces it.
    Optional,
    /// The default, as a TOML value.
    Is(&'static str),
    /// The default of the code that uses the key, as a TOML value.
    Owned(fn() -> String),
    /// The default comes from a profile.
    Profile,
}

/// The form of a value.
#[derive(Clone, Copy)]
pub enum Form {
    /// Any text.
    Text,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int {
        /// The least value.
        min: i64,
        /// The greatest value.
        max: i64,
    },
    /// A number with up to three decimals, from 0.
    Decimal {
        /// The greatest value.
        max: f64,
    },
    /// A time span, such as `30s`.
    Span {
        /// The shortest span.
        min: Span,
        /// The longest span.
        max: Span,
    },
    /// A size in bytes, such as `64KiB`.
    Size {
        /// The least size in bytes.
        min: u64,
        /// The greatest size in bytes.
        max: u64,
    },
    /// A bit rate, such as `20Mbit/s`.
    Rate,
    /// A share between 0 and 1, such as `0.05` or `5%`.
    Share,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A text with its own grammar.
    Written(&'static Written),
    /// A list. A single item is the same as a list of one.
    List(&'static Form),
    /// The number of values, from 1, or the names of the values.
    Values {
        /// The greatest number of values.
        max: i64,
    },
    /// Named parts of a whole. A single name stands for the whole.
    Shares(&'static Written),
    /// The known keys. Of the keys in `kinds`, exactly one must be written (unless `kinds` is
    /// empty).
    Table {
        /// The known keys.
        keys: &'static [Key],
        /// The keys of which exactly one must be written; empty if there is no choice.
        kinds: &'static [Key],
    },
    /// Tables with free names. `library` returns the names that exist in addition to the written
    /// ones.
    Named {
        /// The form of each table.
        of: &'static Form,
        /// Lists the names that exist although the file does not define them.
        library: LibraryNames,
    },
    /// Known keys and free names.
    Map {
        /// The known keys.
        keys: &'static [Key],
        /// The form of the values under free names.
        rest: &'static Form,
        /// True if a free name with dots may also be written as nested tables.
        dotted: bool,
    },
    /// A plain value, or a table with more details.
    Either {
        /// The form of the plain value.
        plain: &'static Form,
        /// The form of the table.
        table: &'static Form,
    },
    /// A number, or a text with the unit of its metric.
    Figure,
    /// A figure or `{ min, max }`, in the unit of its metric.
    Bound,
    /// Any value.
    Any,
}

/// A function that lists the names of a library.
pub type LibraryNames = fn() -> Vec<&'static str>;

/// The grammar of a text: its description, and the function for its canonical form.
pub struct Written {
    /// The part of an error message that says what is expected, with an example.
    pub want: &'static str,
    words: &'static [&'static str],
    /// Lists the names that are known for this text, for completion and suggestions.
    pub known: LibraryNames,
    why: fn(&str) -> Option<String>,
    canonical: fn(&str) -> Option<String>,
}

impl Written {
    /// A grammar from a function. The function returns the canonical text, or `None` for a wrong
    /// text.
    pub const fn of(want: &'static str, canonical: fn(&str) -> Option<String>) -> Written {
        Written { want, words: &[], known: Vec::new, why: |_| None, canonical }
    }
    /// Allows these words besides the texts of the grammar.
    pub const fn or(self, words: &'static [&'static str]) -> Written {
        Written { words, ..self }
    }
    /// Adds a function that explains a wrong text: the limit that it breaks, or the word that was
    /// meant.
    pub const fn because(self, why: fn(&str) -> Option<String>) -> Written {
        Written { why, ..self }
    }
    /// Sets the function that lists the known names.
    pub const fn known(self, known: LibraryNames) -> Written {
        Written { known, ..self }
    }
    /// Explains what is wrong with a text; `None` without an explanation.
    pub fn why(&self, text: &str) -> Option<String> {
        (self.why)(text).or_else(|| meant(text, self.words))
    }
    /// The canonical form of a text; `None` if the text is wrong.
    pub fn canonical(&self, text: &str) -> Option<String> {
        if self.words.contains(&text) { Some(text.to_owned()) } else { (self.canonical)(text) }
    }
}

impl Key {
    /// Sets the help text.
    pub const fn about(mut self, about: &'static str) -> Key {
        self.about = about;
        self
    }
    /// Sets the condition under which this key has an effect. If it does not hold, the check warns
    /// the author.
    pub const fn needs(mut self, needs: &'static Needs) -> Key {
        self.needs = Some(needs);
        self
    }
}

/// A key that must be written.
pub const fn required(name: &'static str, form: Form) -> Key {
    Key { name, form, preset: Preset::Required, about: "", needs: None }
}

/// A key that may be absent.
pub const fn optional(name: &'static str, form: Form) -> Key {
    Key { name, form, preset: Preset::Optional, about: "", needs: None }
}

/// A key with a default, which is a TOML value.
pub const fn key(name: &'static str, form: Form, preset: &'static str) -> Key {
    Key { name, form, preset: Preset::Is(preset), about: "", needs: None }
}

/// A key whose default comes from the code that uses it.
pub const fn owned(name: &'static str, form: Form, preset: fn() -> String) -> Key {
    Key { name, form, preset: Preset::Owned(preset), about: "", needs: None }
}

/// A key whose value is a word of the type. The default is the type's default.
pub const fn word<T: Word + Default>(name: &'static str) -> Key {
    Key { name, form: Form::word::<T>(), preset: Preset::Owned(default_word::<T>), about: "", needs: None }
}

fn default_word<T: Word + Default>() -> String {
    format!("\"{}\"", T::default().word())
}

/// A key whose default comes from a profile.
pub const fn profiled(name: &'static str, form: Form) -> Key {
    Key { name, form, preset: Preset::Profile, about: "", needs: None }
}

/// A table of these keys.
pub const fn table(keys: &'static [Key]) -> Form {
    Form::Table { keys, kinds: &[] }
}

/// Tables of one form with free names and no library.
pub const fn named(of: &'static Form) -> Form {
    Form::Named { of, library: Vec::new }
}

/// A table of free names whose values have the form `rest`.
pub const fn map(rest: &'static Form) -> Form {
    Form::Map { keys: &[], rest, dotted: false }
}

/// A time span from 0 to 10 years.
pub const SPAN: Form = Form::Span { min: Span::ZERO, max: Span::secs(3_660 * 86_400) };
/// A time span from 1 ns to 10 years.
pub const SOME_SPAN: Form = Form::Span { min: Span(1), max: Span::secs(3_660 * 86_400) };
/// The interval between frequent events: from 1 ms to 10 years.
pub const PERIOD: Form = Form::Span { min: Span::millis(1), max: Span::secs(3_660 * 86_400) };
/// The interval between polls: from 0.1 s to 10 years.
pub const POLL: Form = Form::Span { min: Span::millis(100), max: Span::secs(3_660 * 86_400) };
/// A part of a recurring interval: from 1 s to 10 years.
pub const WINDOW: Form = Form::Span { min: Span::secs(1), max: Span::secs(3_660 * 86_400) };
/// A whole number from 0 to 10⁹.
pub const COUNT: Form = Form::Int { min: 0, max: 1_000_000_000 };
/// A whole number from 1 to 10⁹.
pub const SOME: Form = Form::Int { min: 1, max: 1_000_000_000 };

impl Preset {
    /// The default as a TOML value; `None` if the code has no default.
    pub fn text(&self) -> Option<Cow<'static, str>> {
        match self {
            Preset::Is(text) => Some(Cow::Borrowed(text)),
            Preset::Owned(text) => Some(Cow::Owned(text())),
            Preset::Required | Preset::Optional | Preset::Profile => None,
        }
    }
}

impl Form {
    /// The form of a type whose values are words.
    pub const fn word<T: Word>() -> Form {
        Form::Word(T::WORDS)
    }

    /// Describes the allowed values for an error message.
    pub fn want(&self) -> String {
        match self {
            Form::Text => "a text".to_owned(),
            Form::Bool => "`true` or `false`".to_owned(),
            Form::Int { min, max } => format!("a whole number from {min} to {max}"),
            Form::Decimal { max } => format!("a number from 0 to {max}"),
            Form::Span { min, max } => {
                let example = "\"20ms\", \"30s\" or \"1h30m\"";
                format!("a time such as {example}, from {} to {}", span(*min), span(*max))
            }
            Form::Size { min, max } => {
                format!("a size such as \"64KiB\" or \"1.5MB\", from {} to {}", size(*min), size(*max))
            }
            Form::Rate => "a rate above 0 such as \"200kbit/s\" or \"1.6Mbit/s\"".to_owned(),
            Form::Share => "a share between 0 and 1, such as 0.05 or \"5%\"".to_owned(),
            Form::Word(words) => {
                let words: Vec<String> = words.iter().map(|w| format!("\"{w}\"")).collect();
                words.join(" or ")
            }
            Form::Written(written) => written.want.to_owned(),
            Form::List(item) => format!("a list of: {}", item.want()),
            Form::Values { max } => {
                format!("a count from 1 to {max}, or a list of names such as [\"north\", \"south\"]")
            }
            Form::Shares(name) => {
                let example = "shares that add up to 1, such as { a = 0.7, b = \"30%\" }";
                match name.want.strip_prefix("a name ") {
                    Some(rest) => format!("{example}, or one name {rest}"),
                    None => format!("{example}, or one name; a name is {}", name.want),
                }
            }
            Form::Table { .. } | Form::Named { .. } | Form::Map { .. } => "a table".to_owned(),
            Form::Either { plain, table } => format!("{}, or {}", plain.want(), table.want()),
            Form::Figure => {
                "a text with the metric's unit such as \"5s\" or \"2.5 rows/s\", or a plain number if the metric is a count"
                    .to_owned()
            }
            Form::Bound => "a number, or { min = …, max = … }".to_owned(),
            Form::Any => "anything".to_owned(),
        }
    }

    /// The form of the value under a name in a table; `None` if the name is not allowed.
    pub fn under(&self, name: &str) -> Option<&Form> {
        match self {
            Form::Table { keys, kinds } => {
                keys.iter().chain(*kinds).find(|k| k.name == name).map(|k| &k.form)
            }
            Form::Named { of, .. } => Some(of),
            Form::Map { keys, rest, .. } => {
                Some(keys.iter().find(|k| k.name == name).map_or(*rest, |k| &k.form))
            }
            Form::Shares(_) => Some(&Form::Share),
            Form::Either { table, .. } => table.under(name),
            Form::Bound => Some(&Form::Figure),
            _ => None,
        }
    }

    /// True if the table already has another key of `kinds`, so that `name` must be absent.
    pub fn excludes(&self, table: &Table, name: &str) -> bool {
        self.has_kind(name) && table.keys().any(|other| other != name && self.has_kind(other))
    }

    /// True if `name` is one of the keys of which exactly one must be written.
    pub fn has_kind(&self, name: &str) -> bool {
        matches!(self, Form::Table { kinds, .. } if kinds.iter().any(|kind| kind.name == name))
    }

    /// The canonical form of a value that is not a list or table; `None` if it is wrong.
    pub fn canonical(&self, value: &Val) -> Option<Val> {
        let text = |text: String| Some(Val::Text(text));
        match (self, value) {
            (Form::Any | Form::Figure | Form::Bound, v) => Some(v.clone()),
            (Form::Text, Val::Text(t)) => text(t.clone()),
            (Form::Bool, Val::Bool(b)) => Some(Val::Bool(*b)),
            (Form::Values { max }, Val::Int(n)) => (1..=*max).contains(n).then_some(Val::Int(*n)),
            (Form::Int { min, max }, Val::Int(n)) => (min..=max).contains(&n).then_some(Val::Int(*n)),
            (Form::Decimal { max }, Val::Float(x)) => {
                let thousandths = (x * 1e3).round();
                let is_none_though_some = thousandths == 0.0 && *x > 0.0;
                let fits = (0.0..=*max).contains(x) && !is_none_though_some;
                fits.then_some(Val::Float(thousandths / 1e3))
            }
            (Form::Decimal { .. }, Val::Int(n)) => self.canonical(&Val::Float(*n as f64)),
            (Form::Span { min, max }, Val::Text(t)) => {
                let s: Span = t.parse().ok()?;
                (min..=max).contains(&&s).then(|| Val::Text(span(s)))
            }
            (Form::Size { min, max }, Val::Text(t)) => {
                let Bytes(n) = t.parse().ok()?;
                (min..=max).contains(&&n).then(|| Val::Text(size(n)))
            }
            (Form::Size { .. }, Val::Int(n)) => self.canonical(&Val::Text(n.to_string())),
            (Form::Rate, Val::Text(t)) => text(rate(t.parse().ok()?)),
            (Form::Share, v) => share_of(v).map(|p| Val::Text(p.to_string())),
            (Form::Word(words), Val::Text(t)) => words.contains(&t.as_str()).then(|| Val::Text(t.clone())),
            (Form::Written(written), Val::Text(t)) => written.canonical(t.trim()).map(Val::Text),
            _ => None,
        }
    }
}

/// Reads a share in millionths; `None` if it is not a share between 0 and 1.
pub fn share_of(value: &Val) -> Option<Ppm> {
    match value {
        Val::Float(x) => Ppm::from_share(*x),
        Val::Int(n) => Ppm::from_share(*n as f64),
        Val::Text(t) => t.parse().ok(),
        _ => None,
    }
}

/// The number in the first unit that divides it. The last unit is 1.
fn exact(n: u64, units: &[(&str, u64)]) -> String {
    let fits = |(_, size): &&(&str, u64)| *size == 1 || n > 0 && n.is_multiple_of(*size);
    units.iter().find(fits).map_or_else(String::new, |(unit, size)| format!("{}{unit}", n / size))
}

/// The shortest text of a span, such as `1h30m` or `20ms`.
pub fn span(Span(ns): Span) -> String {
    let units =
        [("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000)];
    if !ns.is_multiple_of(1_000_000_000) {
        return exact(ns, &[("ms", 1_000_000), ("us", 1_000), ("ns", 1)]);
    }
    if ns == 0 {
        return "0s".to_owned();
    }
    let mut rest = ns;
    let mut part = |(unit, size)| {
        let n = rest / size;
        rest %= size;
        if n > 0 { format!("{n}{unit}") } else { String::new() }
    };
    units.map(&mut part).concat()
}

/// The shortest text of a size, in the largest binary or decimal unit that divides it.
pub fn size(bytes: u64) -> String {
    let binary = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let decimal = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000), ("B", 1)];
    exact(bytes, &[&binary[..], &decimal].concat())
}

/// The text of a bit rate in the largest unit that divides it.
pub fn rate(BitRate(bits): BitRate) -> String {
    exact(bits, &[("Gbit/s", 1_000_000_000), ("Mbit/s", 1_000_000), ("kbit/s", 1_000), ("bit/s", 1)])
}

/// The text of a value in a scenario file. Defaults in code are written with it.
pub trait Stated: ToString {
    /// The value as a scenario file writes it.
    fn stated(&self) -> String {
        self.to_string()
    }
}

impl Stated for u32 {}
impl Stated for bool {}

impl Stated for str {
    fn stated(&self) -> String {
        format!("\"{self}\"")
    }
}

impl Stated for Ppm {
    fn stated(&self) -> String {
        self.share().to_string()
    }
}

impl Stated for Span {
    fn stated(&self) -> String {
        span(*self).stated()
    }
}

impl Stated for Bytes {
    fn stated(&self) -> String {
        size(self.0).stated()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_reads_back_as_itself(n in 0_u64..4_000_000_000_000_000, scale in 0_u32..10) {
            let n = n / 10_u64.pow(scale) * 10_u64.pow(scale);
            prop_assert_eq!(span(Span(n)).parse::<Span>(), Ok(Span(n)));
            prop_assert_eq!(size(n).parse::<Bytes>(), Ok(Bytes(n)));
            let bits = (n % 1_000_000_000_000).max(1);
            prop_assert_eq!(rate(BitRate(bits)).parse::<BitRate>(), Ok(BitRate(bits)));
        }
    }
}
