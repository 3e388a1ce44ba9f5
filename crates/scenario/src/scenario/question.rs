//! Questions that a scenario answers by comparing two of its variants.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::word_enums;

/// A list of numbered questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuestionList {
    /// The prefix of the names of its questions.
    pub name: &'static str,
    /// The name of the list in a sentence.
    pub title: &'static str,
    /// How many questions it has.
    pub questions: u32,
}

/// The lists of questions, in the order in which pages show them.
pub const QUESTION_LISTS: [QuestionList; 2] = [
    QuestionList { name: "checklist", title: "the checklist for offline sync", questions: 12 },
    QuestionList { name: "field", title: "questions of the field", questions: 8 },
];

/// A question, with its two variants and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The list and the number, such as `checklist-2`. If questions share a number, another word
    /// follows.
    pub name: String,
    /// The question itself.
    pub asks: String,
    /// The name of the variant without the practice.
    pub without: String,
    /// The name of the variant with the practice.
    pub with: String,
    /// The text of the answer. The names of figures are in braces.
    pub says: String,
    /// The figures of the answer.
    pub figures: Vec<Told>,
    /// The text for a scenario in which both variants are the same, if the question has such a
    /// text.
    pub alike: Option<String>,
    /// The practice that the question is about, if a plan can show whether a scenario follows it.
    pub does: Option<Practice>,
    /// The scenario that the question is asked about.
    pub put: Put,
}

word_enums! {
    /// The practice in question.
    pub enum Practice {
        /// Phones hold only the columns that the app shows.
        #[default]
        ShownColumns: "shown-columns",
        /// No list of a screen joins entities.
        FlatLists: "flat-lists",
        /// A phone holds only the rows of its user.
        OwnRows: "own-rows",
        /// No request is abandoned while its response is arriving.
        FittingTimeout: "fitting-timeout",
        /// No unit blocks the screen.
        FreeScreen: "free-screen",
        /// The app's hooks are quick.
        QuickHooks: "quick-hooks",
        /// Attachments have separate requests, and no row waits for them.
        PhotosBeside: "photos-beside",
        /// The app gets network events and does not poll.
        ToldOfNetwork: "told-of-network",
        /// Each occasion has a separate unit, which syncs only the data that it needs.
        UnitForMoment: "unit-for-moment",
        /// Two people cannot edit one row at the same time.
        AvoidedConflicts: "avoided-conflicts",
        /// People decide conflicts.
        PeopleDecide: "people-decide",
        /// Entities can be synced one by one, each with its cursor.
        OwnActions: "own-actions",
        /// A unit that syncs everything replaces the waiting units.
        FullSyncReplaces: "full-sync-replaces",
        /// Units start on each save, when the network comes, and periodically.
        StartsByItself: "starts-by-itself",
        /// The status that people see is true.
        TrueStatus: "true-status",
        /// The server's clock decides which rows are new.
        ServerDates: "server-dates",
        /// If two edits change a row, neither replaces the other silently.
        MergedConflicts: "merged-conflicts",
        /// The cursor is saved with its rows.
        CursorWithRows: "cursor-with-rows",
        /// An interrupted load resumes after its last page.
        LoadInPages: "load-in-pages",
        /// An update contains only the columns that a person set.
        ChangedColumns: "changed-columns",
        /// Edits wait in an outbox.
        Outbox: "outbox",
        /// Waiting edits are sent before a person logs out.
        SentBeforeLogout: "sent-before-logout",
        /// A thing that two phones create becomes one row.
        NaturalKey: "natural-key",
        /// A row is shown with the row that it refers to.
        WithParents: "with-parents",
        /// The app has units for occasions, sends only changed columns, and merges edits.
        FullEngine: "full-engine",
    }
}

/// A figure of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The name of the figure in the answer's text.
    pub name: String,
    /// The metric, with a statistic if it is a distribution.
    pub metric: String,
    /// The difference that the figure must show for the answer "yes". `None` if it is only
    /// reported.
    pub demand: Option<Demand>,
}

/// The difference between the two variants that a figure must show for the answer "yes".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// True if the figure must be greater with the practice, false if it must be less.
    pub more: bool,
    /// The least ratio of the greater figure to the other figure, in thousandths.
    pub factor_milli: u32,
}

/// The scenario that a question is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// The scenario that defines the question and is built to show it.
    ToItsOwn,
    /// To another scenario.
    ToAnother(Standing),
    /// Another scenario. For this reason, the two variants are not run.
    ToNone(Standing, String),
}

/// The relation of a user's scenario to a question before a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The half of the question that the scenario matches. `None` if it matches neither or the plan
    /// does not show it.
    pub half: Option<Stand>,
    /// The setting of the scenario that shows this.
    pub because: String,
    /// Settings that were added so that the scenario follows the practice.
    pub tried: Vec<String>,
    /// The condition under which the practice can show an effect in the scenario.
    pub shown_by: String,
}

/// Which half of a question a scenario is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stand {
    /// The one without the practice.
    Without,
    /// The one with the practice.
    With,
}

/// A piece of an answer's text: plain words, or a figure in braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Plain words.
    Words(&'a str),
    /// The figure of this name in both variants.
    Both(&'a str),
    /// The ratio of the second variant's figure to the first variant's figure.
    Times(&'a str),
}

/// Reads a question's name: the index in [`QUESTION_LISTS`] and the number in the list.
pub fn question_place(name: &str) -> Option<(usize, u32)> {
    let (list, rest) = name.split_once('-')?;
    let at = QUESTION_LISTS.iter().position(|one| one.name == list)?;
    let (number, word) = rest.split_once('-').map_or((rest, None), |(n, word)| (n, Some(word)));
    let plain = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let number: u32 = number.parse().ok().filter(|n: &u32| n.to_string() == number)?;
    let fits = (1..=QUESTION_LISTS[at].questions).contains(&number) && word.is_none_or(plain);
    fits.then_some((at, number))
}

/// Splits the text of an answer into words and figures.
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
