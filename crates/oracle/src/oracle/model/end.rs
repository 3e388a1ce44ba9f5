//! The final states of a saved edit.

use crate::contract::EditEnd;

/// What the final state of an edit means for the person who saved it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Nothing of the edit is lost.
    Kept,
    Waits,
    Lost,
    /// The state of the device or of the backend was replaced by a state without the edit.
    TakenBack,
}

macro_rules! ends {
    ($($(#[doc = $doc:literal])* $end:ident $metric:literal $meaning:ident $how:literal;)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum End { $($(#[doc = $doc])* $end,)* }

        impl End {
            pub(crate) const EVERY: &[End] = &[$(End::$end,)*];

            pub(crate) fn metric(self) -> &'static str {
                match self { $(End::$end => $metric,)* }
            }
            pub(crate) fn meaning(self) -> Meaning {
                match self { $(End::$end => Meaning::$meaning,)* }
            }
            fn how(self) -> &'static str {
                match self { $(End::$end => $how,)* }
            }
        }
    };
}

ends! {
    /// The values of the edit came to the backend, or were already there.
    Arrived "oracle.saved_edits.arrived" Kept "";
    /// The person compared both sides of a conflict and chose the other side.
    GivenUp "oracle.saved_edits.given_up" Kept "";
    Waiting "oracle.saved_edits.waiting" Waits "";
    Refused "oracle.saved_edits.refused" Lost "refused by the backend";
    Superseded "oracle.saved_edits.superseded" Lost "superseded in a conflict";
    Discarded "oracle.saved_edits.discarded" Lost "discarded at a logout";
    Shelved "oracle.shelved.edits" Lost "left on a phone by somebody who logged out";
    Reinstalled "oracle.saved_edits.reinstalled" TakenBack "discarded by a reinstall";
    Restored "oracle.saved_edits.restored" TakenBack "undone because a phone went back to its backup";
    Copied "oracle.saved_edits.copied" TakenBack "overwritten by a copy of another phone";
    BackendRestored "oracle.saved_edits.backend_restored" TakenBack
        "undone because the backend went back to its backup";
    UploadedOver "oracle.saved_edits.uploaded_over" TakenBack
        "overwritten by a forced upload of another phone's copy";
    Upgraded "oracle.saved_edits.upgraded" Lost "discarded by an upgrade that empties the database";
    PowerLost "oracle.saved_edits.power_lost" Lost "lost with a phone's power";
    /// No other state applies: the engine forgot the edit.
    Forgotten "oracle.saved_edits.forgotten" Lost "forgotten by the app";
}

impl End {
    pub(crate) fn of_edit(self) -> EditEnd {
        match self.meaning() {
            Meaning::Kept if self == End::GivenUp => EditEnd::GivenUp,
            Meaning::Kept => EditEnd::Arrived,
            Meaning::Waits => EditEnd::Waiting,
            Meaning::Lost if self == End::Superseded => EditEnd::Superseded,
            Meaning::Lost | Meaning::TakenBack => EditEnd::Lost,
        }
    }
    pub(crate) fn is_lost(self) -> bool {
        matches!(self.meaning(), Meaning::Lost | Meaning::TakenBack)
    }
}

/// A way in which saved edits are lost.
#[derive(Clone, Copy, Debug)]
pub struct Loss {
    /// The metric that counts the edits lost in this way.
    pub metric: &'static str,
    /// The end of the sentence "20 edits were …".
    pub how: &'static str,
    /// True if `oracle.taken_back.edits` counts these edits, too.
    pub taken_back: bool,
}

/// Every way in which a saved edit can be lost. Their counts add up to all lost edits.
pub fn losses() -> impl Iterator<Item = Loss> {
    let of = |end: End| Loss {
        metric: end.metric(),
        how: end.how(),
        taken_back: end.meaning() == Meaning::TakenBack,
    };
    End::EVERY.iter().copied().filter(|end| end.is_lost()).map(of)
}
