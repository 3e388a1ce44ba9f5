//! Questions that a scenario answers by two of its variants.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuestionList {
    /// How the names of its questions begin.
    pub name: &'static str,
    pub title: &'static str,
    pub questions: u32,
}

pub const QUESTION_LISTS: [QuestionList; 2] = [
    QuestionList { name: "checklist", title: "the checklist for offline sync", questions: 12 },
    QuestionList { name: "field", title: "what the field asks", questions: 8 },
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Its list and number, such as `checklist-2`, and a word more where several answer one.
    pub name: String,
    pub asks: String,
    pub without: String,
    pub with: String,
    /// The answer, with figures in braces.
    pub says: String,
    pub figures: Vec<Told>,
    /// What is said of a scenario for which both variants are the same, if anything of its own.
    pub alike: Option<String>,
    pub put: Put,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub name: String,
    pub metric: String,
    /// What it must come to for a yes; a price that is told has none.
    pub demand: Option<Demand>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Whether the figure is to be more with what is asked for, and not less.
    pub more: bool,
    /// The greater figure comes to so many thousandths of the other at least.
    pub factor_milli: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// To the one that has it, which is made to show it.
    ToItsOwn,
    /// To somebody else's, which is as one of the two variants, if it is.
    ToAnother(Option<Side>),
    /// To none, for this reason.
    ToNone(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Without,
    With,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Words(&'a str),
    Both(&'a str),
    /// How many times the first figure the second one is.
    Times(&'a str),
}

/// The list, by its place in [`QUESTION_LISTS`], and the number that a question's name says.
pub fn question_place(name: &str) -> Option<(usize, u32)> {
    let (list, rest) = name.split_once('-')?;
    let at = QUESTION_LISTS.iter().position(|one| one.name == list)?;
    let (number, word) = rest.split_once('-').map_or((rest, None), |(n, word)| (n, Some(word)));
    let plain = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let number: u32 = number.parse().ok().filter(|n: &u32| n.to_string() == number)?;
    let fits = (1..=QUESTION_LISTS[at].questions).contains(&number) && word.is_none_or(plain);
    fits.then_some((at, number))
}

pub fn pieces(says: &str) -> Vec<Piece<'_>> {
    let mut all = Vec::new();
    let mut rest = says;
    while let Some((words, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}') else { break };
        all.push(Piece::Words(words));
        all.push(name.strip_suffix(".times").map_or(Piece::Both(name), Piece::Times));
        rest = behind;
    }
    all.push(Piece::Words(rest));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_of_a_list_and_of_a_number_in_it() {
        assert_eq!(question_place("checklist-12"), Some((0, 12)));
        assert_eq!(question_place("field-3-resume"), Some((1, 3)));
        for bad in ["checklist", "checklist-0", "checklist-13", "field-9", "feld-1", "field-01", "field-1-"] {
            assert_eq!(question_place(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_answer_is_words_and_figures() {
        let all = pieces("a copy: {load}, × {fans.times} of it");
        let want = [
            Piece::Words("a copy: "),
            Piece::Both("load"),
            Piece::Words(", × "),
            Piece::Times("fans"),
            Piece::Words(" of it"),
        ];
        assert_eq!(all, want);
        assert_eq!(pieces("50 {% of it"), [Piece::Words("50 {% of it")]);
    }
}
