//! Diagnostics (errors and warnings) of a scenario, shown with file, line and caret.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::synonyms::{plain, synonym};
use crate::base::words::{self, there_is};
use crate::base::{escape_control, mask_lines};

/// A text that messages quote: a scenario file, a line of a CSV, or an argument of `--set`.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// The path, or a label such as `--set`.
    pub name: String,
    /// The whole text of the source.
    pub text: String,
    /// The number of the text's first line in its file, from 1.
    pub first_line: usize,
}

/// The maximum number of mistakes or warnings that are shown. Then comes the number of the others.
pub const DIAGNOSTICS_SHOWN: usize = 50;

/// A span of bytes in a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The source that the bytes belong to.
    pub source: Arc<Source>,
    /// The byte range in the text of the source. The end is excluded.
    pub span: Range<usize>,
}

/// A mistake or a warning, with its place and its fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// True for a warning, false for a mistake.
    pub warning: bool,
    /// What is wrong, in one sentence.
    pub title: String,
    /// Where it is wrong; `None` if it has no place in a source.
    pub place: Option<Place>,
    /// The fix. It is boxed because most results have no mistake.
    pub help: Box<Help>,
}

/// The fix for a mistake: a range, a form, the word that was probably meant, or all allowed words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Help {
    /// A range, a form or the word that was probably meant.
    pub hint: Option<String>,
    /// The allowed values. Other mistakes may have the same list.
    pub list: Option<String>,
    more: Option<String>,
    /// For a renamed thing: the new name, which `check --fix` writes in place of the old name.
    pub instead: Option<Box<Renamed>>,
}

/// All mistakes of a scenario at once; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The mistakes in the order in which they are shown.
    pub diagnostics: Vec<Diagnostic>,
}

impl Source {
    /// Makes a source whose text starts at line 1.
    pub fn new(name: &str, text: &str) -> Arc<Source> {
        Arc::new(Source { name: name.to_owned(), text: text.to_owned(), first_line: 1 })
    }
    /// The place that covers the whole text.
    pub fn whole(self: &Arc<Source>) -> Place {
        Place { source: Arc::clone(self), span: 0..self.text.len() }
    }
}

impl Place {
    /// Line and column, both counted from 1; the column counts characters.
    pub fn line_column(&self) -> (usize, usize) {
        let before = &self.source.text[..self.span.start];
        let line = self.source.first_line + before.matches('\n').count();
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (line, column)
    }
    /// The part of the span to mark. If a line of the span is too long, only an excerpt of the
    /// first line is marked.
    fn marked(&self) -> Range<usize> {
        let text = self.source.text.get(self.span.clone()).unwrap_or_default();
        if text.lines().all(|line| line.len() <= SHOWN) {
            return self.span.clone();
        }
        let first = text.lines().next().unwrap_or_default();
        self.span.start..self.span.start + excerpt(first).len()
    }
}

impl Diagnostic {
    /// A mistake without help. A long title is cut.
    pub fn new(place: Option<Place>, title: impl Into<String>) -> Diagnostic {
        Diagnostic { warning: false, title: brief(&title.into()), place, help: Box::default() }
    }
    /// Turns the mistake into a warning.
    #[must_use]
    pub fn warning(self) -> Diagnostic {
        Diagnostic { warning: true, ..self }
    }
    /// Sets the help, in place of an earlier one.
    #[must_use]
    pub fn help(self, help: impl Into<Help>) -> Diagnostic {
        Diagnostic { help: Box::new(help.into()), ..self }
    }
    /// Renders the diagnostic as text, with an excerpt of its source. `colour` adds ANSI colours.
    pub fn render(&self, colour: bool) -> String {
        let level = if self.warning { Level::WARNING } else { Level::ERROR };
        let mut group = Group::with_title(level.primary_title(&*self.title));
        if let Some(place) = &self.place {
            let snippet = Snippet::source(mask_lines(&place.source.text))
                .path(&*place.source.name)
                .line_start(place.source.first_line)
                .annotation(AnnotationKind::Primary.span(place.marked()));
            group = group.element(snippet);
        }
        if *self.help != Help::default() {
            group = group.element(Level::HELP.message(self.help.to_string()));
        }
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
    }
    /// The diagnostic in one line: the problem, its file and line, and the fix.
    pub fn in_a_line(&self) -> String {
        let line =
            |place: &Place| format!("{}:{}", escape_control(&place.source.name), place.line_column().0);
        let help = (*self.help != Help::default()).then(|| self.help.to_string());
        let more: Vec<String> = self.place.as_ref().map(line).into_iter().chain(help).collect();
        if more.is_empty() { self.title.clone() } else { format!("{} ({})", self.title, more.join("; ")) }
    }
    /// The sort key: the place, then the title. Sources of one line, such as CSV lines, sort by
    /// line number.
    pub fn order(&self) -> (bool, &str, usize, usize, &str) {
        match &self.place {
            Some(p) => (true, &p.source.name, p.source.first_line, p.span.start, &self.title),
            None => (false, "", 0, 0, &self.title),
        }
    }
}

impl Invalid {
    /// Sorts the diagnostics, removes duplicates, and returns them as an error.
    ///
    /// # Errors
    ///
    /// If there is at least one diagnostic.
    pub fn check(mut diagnostics: Vec<Diagnostic>) -> Result<(), Invalid> {
        if diagnostics.is_empty() {
            return Ok(());
        }
        diagnostics.sort_by(|a, b| a.order().cmp(&b.order()));
        diagnostics.dedup();
        say_lists_once(&mut diagnostics);
        Err(Invalid { diagnostics })
    }
    /// Renders at most [`DIAGNOSTICS_SHOWN`] diagnostics, then the number of the others.
    pub fn render(&self, colour: bool) -> String {
        let shown = self.diagnostics.iter().take(DIAGNOSTICS_SHOWN).map(|d| d.render(colour));
        let mut parts: Vec<String> = shown.collect();
        let more = self.diagnostics.len().saturating_sub(DIAGNOSTICS_SHOWN);
        if more > 0 {
            parts.push(format!("and {}", words::count(more as u64, "more mistake")));
        }
        parts.join("\n\n")
    }
    /// Returns `text` with the new names in place of old names; `None` if it has no old names. A
    /// name is replaced only inside the place of its mistake, and only if it occurs there once.
    pub fn mended(&self, text: &str) -> Option<String> {
        let of_text = |at: &&Place| at.source.text == text && at.source.first_line == 1;
        let mend = |wrong: &Diagnostic| {
            let at = wrong.place.as_ref().filter(of_text)?;
            let Renamed { old, new } = *wrong.help.instead.clone()?;
            let start = at.span.start + alone(&text[at.span.clone()], old)?;
            Some((start..start + old.len(), new))
        };
        let mut mends: Vec<(Range<usize>, &str)> = self.diagnostics.iter().filter_map(mend).collect();
        mends.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
        mends.dedup_by_key(|(span, _)| span.start);
        let mut mended = text.to_owned();
        mends.iter().for_each(|(span, new)| mended.replace_range(span.clone(), new));
        (!mends.is_empty()).then_some(mended)
    }
}

/// Keeps a long list of allowed values only at the first mistake that has it. Later mistakes refer
/// to that list.
fn say_lists_once(diagnostics: &mut [Diagnostic]) {
    const LONG: usize = 120;
    let mut told = BTreeSet::new();
    for Diagnostic { help, .. } in diagnostics {
        let again = help.list.take_if(|list| list.len() > LONG && !told.insert(list.clone()));
        if again.is_some() && help.hint.is_none() {
            help.hint = Some("see the allowed values above".to_owned());
        }
    }
}

/// The position of `name` in `text`. `None` unless `text` contains it exactly once as a whole word.
fn alone(text: &str, name: &str) -> Option<usize> {
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let mut found = text.match_indices(name).filter(|(at, _)| {
        !text[..*at].ends_with(is_of_word) && !text[at + name.len()..].starts_with(is_of_word)
    });
    found.next().map(|(at, _)| at).filter(|_| found.next().is_none())
}

/// The old and the new name of a renamed thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// The old name, as files may contain it. For a key, the last part of its path.
    pub old: &'static str,
    /// The name that replaces it.
    pub new: &'static str,
}

impl Help {
    /// Help with an optional hint and the list of allowed values.
    pub fn of(hint: Option<String>, list: impl Into<String>) -> Help {
        Help { hint, list: Some(brief(&list.into())), ..Help::default() }
    }
    /// The help for a name that was replaced by `new`.
    pub fn renamed(old: &'static str, new: &'static str) -> Help {
        let hint = format!("the name is now `{new}`; `syncdyno check --fix` writes the new name");
        Help { instead: Some(Box::new(Renamed { old, new })), ..hint.into() }
    }
    /// Adds another sentence to the help. It replaces a sentence that was added before.
    #[must_use]
    pub fn and(self, more: impl Into<String>) -> Help {
        Help { more: Some(escape_control(&more.into()).into_owned()), ..self }
    }
}

impl<T: Into<String>> From<T> for Help {
    fn from(hint: T) -> Help {
        Help { hint: Some(brief(&hint.into())), ..Help::default() }
    }
}

impl fmt::Display for Help {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = self.hint.iter().chain(&self.list).map(String::as_str).collect::<Vec<_>>();
        // A question mark already ends the hint.
        let asks = self.hint.as_ref().is_some_and(|hint| hint.ends_with('?'));
        let said = said.join(if asks { " " } else { "; " });
        let more = self.more.iter().map(String::as_str);
        f.write_str(
            &[&*said].into_iter().chain(more).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; "),
        )
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Invalid {}

/// The candidate that a word probably means. These tests are tried in turn: equal except for case
/// and punctuation; a synonym; a dotted name with the same rare part; a similar spelling; the only
/// name that begins with the word or has it as a part.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    // The comparison takes time and memory in proportion to the product of both lengths.
    if word.len() > SHOWN {
        return None;
    }
    let letters = plain(word);
    let same = candidates.iter().find(|c| !letters.is_empty() && plain(c) == letters).copied();
    same.or_else(|| synonym(word, &candidates))
        .or_else(|| with_rarest_part(word, &candidates))
        .or_else(|| nearest(word, &candidates))
        .or_else(|| only_with_part(word, &candidates))
}

/// Of the names with the rarest shared part, the nearest. `engine.usable.duration` means
/// `engine.usable_after_login.duration`, although another name is spelt more similarly. `None` for
/// a word without dots, for a mere typo, and if even the rarest part is in many names.
fn with_rarest_part<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    const TYPO: usize = 2;
    const RARE: usize = 8;
    let apart = |name: &str| strsim::damerau_levenshtein(word, name);
    let short = || candidates.iter().copied().filter(|name| name.len() <= SHOWN);
    if !word.contains('.') || short().any(|name| apart(name) <= TYPO) {
        return None;
    }
    let parts = |name: &str| name.split(['.', '_', '-']).map(str::to_owned).collect::<Vec<_>>();
    let with = |part: &String| short().filter(|name| parts(name).contains(part)).collect::<Vec<_>>();
    let shared = parts(word).into_iter().filter(|part| part.len() > 2).map(|part| with(&part));
    let rarest = shared.filter(|names| (1..=RARE).contains(&names.len())).min_by_key(Vec::len)?;
    rarest.into_iter().min_by_key(|name| apart(name))
}

fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let near = |candidate: &str| {
        let distance = strsim::damerau_levenshtein(&word.to_lowercase(), &candidate.to_lowercase());
        (distance <= word.chars().count().max(4) / 3).then_some(distance)
    };
    let short = candidates.iter().filter(|candidate| candidate.len() <= SHOWN);
    let scored = short.filter_map(|c| near(c).map(|d| (d, *c)));
    scored.min_by_key(|&(distance, _)| distance).map(|(_, candidate)| candidate)
}

/// The only name that has the word as a part or begins with it. `import` means `bulk_import`, and
/// `last-write` means `last-write-wins`.
fn only_with_part<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let is_part = |c: &&&str| c.split(['_', '-']).any(|part| part == word);
    let begins = |c: &&&str| c.strip_prefix(word).is_some_and(|rest| rest.starts_with(['_', '-', ' ']));
    let mut named = candidates.iter().filter(|c| word.len() > 3 && (is_part(c) || begins(c)));
    named.next().filter(|_| named.next().is_none()).copied()
}

/// A question that names the word that was probably meant, if any is close.
pub fn meant(text: &str, words: &[&str]) -> Option<String> {
    closest(text, words.iter().copied()).map(|near| format!("did you mean \"{near}\"?"))
}

/// The message that something does not exist. The name comes before the words for the place, as in
/// "there is no column `x` of `note`".
pub fn no_such(what: &str, name: &str) -> String {
    let ends = [" of ", " in ", " with ", " at "].iter().filter_map(|word| what.find(word));
    let (what, place) = what.split_at(ends.min().unwrap_or(what.len()));
    format!("there is no {what} `{name}`{place}")
}

/// The help for an unknown word: the closest candidate, and the list of candidates.
pub fn choices(word: &str, candidates: &[&str]) -> Help {
    const LENGTH: usize = 1_200;
    const NEAREST: usize = 24;
    if candidates.is_empty() {
        return "none is defined".into();
    }
    let quoted = |names: &[&str]| names.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", ");
    let all = quoted(candidates);
    let list = if all.len() <= LENGTH {
        all
    } else {
        let mut nearest = candidates.to_vec();
        nearest.sort_by_cached_key(|name| apart(word, name));
        nearest.truncate(NEAREST);
        let more = words::count((candidates.len() - nearest.len()) as u64, "other");
        format!("{} and {more}", quoted(&nearest))
    };
    let near = closest(word, candidates.iter().copied()).map(|near| format!("did you mean `{near}`?"));
    Help::of(near, format!("{} {list}", there_is(candidates.len())))
}

/// Edit distance of a name from a word; each shared part reduces it by 8.
fn apart(word: &str, name: &str) -> usize {
    let (word, name) = (excerpt(word).to_lowercase(), excerpt(name).to_lowercase());
    let shared =
        word.split(['.', '-', '_', ' ']).filter(|part| part.len() > 2 && name.contains(part)).count();
    strsim::damerau_levenshtein(&word, &name).saturating_sub(8 * shared)
}

/// The maximum length of a quoted text in a message, in bytes.
pub const SHOWN: usize = 200;

/// The first [`SHOWN`] bytes of a text, or fewer, so that it ends at a character boundary.
pub fn excerpt(text: &str) -> &str {
    &text[..boundary(text, SHOWN)]
}

/// The last character boundary at or before byte `at`. For a shorter text, its end.
pub fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// A part of a message, escaped by [`escape_control`] and cut to a length.
fn brief(message: &str) -> String {
    const MOST: usize = 3_000;
    const END: usize = 40;
    let message = escape_control(message);
    if message.len() <= MOST {
        return message.into_owned();
    }
    format!("{}…{}", excerpt(&message), &message[boundary(&message, message.len() - END)..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dotted_name_is_meant_by_its_rarest_part_unless_it_is_a_mere_typo() {
        let known = [
            "engine.apply.duration",
            "engine.pull.duration",
            "engine.usable_after_login.duration",
            "oracle.lost.rows",
        ];
        let meant = |word| closest(word, known);
        assert_eq!(meant("engine.usable.duration"), Some("engine.usable_after_login.duration"));
        assert_eq!(meant("engine.aply.duration"), Some("engine.apply.duration"));
        assert_eq!(meant("oracle.lost.rws"), Some("oracle.lost.rows"));
        assert_eq!(meant("metrics.count"), None);
    }
}
