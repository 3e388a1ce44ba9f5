//! The history's names for devices and edits. A verdict calls them `d0` and `d0.e9`.

use std::collections::BTreeMap;

use super::perform::{Act, Moment};
use super::recorded::History;

/// The names of a history's devices and edits.
#[derive(Clone, Debug)]
pub struct Names {
    devices: Vec<String>,
    /// The edits' names, by device and then by number.
    edits: Vec<Vec<String>>,
    /// True if keys of the history look like such ids. Then nothing is replaced.
    is_ambiguous: bool,
}

/// Parses the id of a device or an edit at the start of a text. Returns its numbers and its length.
fn word(text: &str) -> Option<(usize, Option<usize>, usize)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text.strip_prefix('d')?;
    let length = digits(rest);
    let (device, mut after) = (rest[..length].parse().ok()?, 1 + length);
    let edit = text[after..].strip_prefix(".e").map(|rest| &rest[..digits(rest)]);
    let edit = edit.filter(|number| !number.is_empty());
    after += edit.map_or(0, |number| 2 + number.len());
    let ends = !text[after..].starts_with(|c: char| c.is_alphanumeric() || "_-/".contains(c));
    ends.then(|| (device, edit.and_then(|number| number.parse().ok()), after))
}

impl Names {
    pub(super) fn of(history: &History, moments: &[Moment]) -> Names {
        let devices: Vec<String> = history.devices().map(str::to_owned).collect();
        let mut often: BTreeMap<&str, usize> = BTreeMap::new();
        for id in history.edits.iter().filter_map(|edit| edit.id.as_deref()) {
            *often.entry(id).or_default() += 1;
        }
        let mut edits = vec![Vec::new(); devices.len()];
        for moment in moments {
            let Act::Edit(at) = moment.act else { continue };
            let edit = &history.edits[at];
            let (of, name) = (&mut edits[edit.device as usize], &devices[edit.device as usize]);
            of.push(match edit.id.as_deref() {
                Some(id) if often[id] == 1 => id.to_owned(),
                Some(id) => format!("{name}.{id}"),
                None => format!("{name}.e{}", of.len()),
            });
        }
        let is_word = |key: &str| word(key).is_some_and(|(_, _, length)| length == key.len());
        let rows = history.rows.keys().chain(history.edits.iter().map(|edit| &edit.row));
        let is_ambiguous =
            rows.chain(history.commits.iter().map(|of| &of.row)).any(|(_, key)| is_word(key.as_str()));
        Names { devices, edits, is_ambiguous }
    }
    /// Replaces ids in a text by the history's names. Text in double quotes stays.
    pub fn say(&self, text: &str) -> String {
        if self.is_ambiguous {
            return text.to_owned();
        }
        let (mut said, mut at, mut quoted) = (String::with_capacity(text.len()), 0, false);
        while let Some(next) = text[at..].chars().next() {
            quoted ^= next == '"';
            let begins = !text[..at].ends_with(|c: char| c.is_alphanumeric() || "_-/.\"`'=".contains(c));
            let found = (next == 'd' && begins && !quoted).then(|| word(&text[at..])).flatten();
            let named = found.and_then(|(device, edit, length)| {
                let name = match edit {
                    None => self.devices.get(device).cloned(),
                    Some(number) => self.edits.get(device).and_then(|of| of.get(number)).cloned(),
                };
                Some((name?, length))
            });
            match named {
                Some((name, length)) => {
                    said += &name;
                    at += length;
                }
                None => {
                    said.push(next);
                    at += next.len_utf8();
                }
            }
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_verdict_are_replaced_by_names_and_values_are_not() {
        let edits = vec![vec!["ann-1".to_owned()], vec!["d0".to_owned(), "ben-2".to_owned()]];
        let devices = ["ann", "ben"].map(str::to_owned).to_vec();
        let names = Names { devices, edits, is_ambiguous: false };
        let text = "edit d1.e1 of d0 (text=\"d0 d1\") on note/d1; d1, d2, d0.e7, ad0 and id.d0 and d0.";
        let told = "edit ben-2 of ann (text=\"d0 d1\") on note/d1; ben, d2, d0.e7, ad0 and id.d0 and ann.";
        assert_eq!(names.say(text), told);
        assert_eq!(names.say("d1.e0"), "d0", "what was replaced is not replaced again");
        assert_eq!(Names { is_ambiguous: true, ..names }.say(text), text);
    }
}
