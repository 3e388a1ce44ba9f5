//! The scenario keys of the capture by last modification, and its properties.

use super::by_time::LastModified;
use super::options::{Bound, End, LastModifiedOptions, Paging, Source, Stamps};
use super::reconcile::Reconciling;
use crate::backend::{Provisioning, Upto};
use crate::base::Span;
use crate::config::form::{
    Form, SPAN, Stated as _, Written, key, optional, owned, required, span, table, word,
};
use crate::config::view::{View, read};
use crate::gateway::capture::choice::{Around, Capture, Choice, Kind, Properties};
use crate::gateway::capture::seam::Strategy;
use crate::gateway::mode::Unfit;

const UPTO: Written = Written::of(
    "\"settled\" (behind the oldest change that others cannot see yet), or a time such as \"400ms\"",
    |text| text.parse().ok().map(span),
)
.or(&["settled"]);

const OPTIONS: Form = table(&[
    word::<Bound>("bound").about("Where the next page begins."),
    word::<Paging>("paging")
        .about("Where a page begins: after the last row of the previous page (\"keyset\"), or after a number of rows that are skipped (\"offset\"). The latest time is saved with each page."),
    word::<Source>("source").about("Which clock gives the time of the cursor."),
    owned(
        "precision",
        Form::Span { min: Span::micros(1), max: Span::secs(86_400) },
        || LastModifiedOptions::default().precision.stated(),
    )
    .about("A cursor is rounded down to a multiple of this on its way between device and gateway."),
    key("window", Form::Written(&UPTO), "\"settled\"").about("How far behind the present a pull stays. It leaves out newer rows, and the next pull brings them."),
    word::<Stamps>("stamps")
        .about("Which stamp of a row is compared: the greatest of its three stamps, or the stamps without that of its creation (only `UpdatedOn`). \"without-created\" misses rows that were never updated."),
    word::<End>("end")
        .about("How a pull finds its end: the response marks it, or a response has no rows."),
    optional(
        "reconcile",
        table(&[required("every", SPAN).about("Time between two checks; with 0s the check is at the end of each pull.")]),
    )
    .about("The gateway keeps the keys that each device got, checks which rows are gone, and reports these to the device as deleted."),
]);

pub(crate) const KIND: Kind = Kind {
    key: optional("last_modified", OPTIONS).about("Finds changes by the time of last modification."),
    read: chosen,
    examples: &[
        ("{ last_modified = {} }", Capture::default),
        (r#"{ last_modified = { reconcile = { every = "15m" } } }"#, || {
            let reconcile = Some(Span::secs(15 * 60));
            LastModifiedOptions { reconcile, ..Default::default() }.into()
        }),
    ],
};

fn chosen(view: View<'_>, around: Around<'_>) -> Capture {
    let window = view.at("window");
    let options = read!(view, LastModifiedOptions {
        bound paging source precision end stamps
    } with {
        upto: if window.text() == "settled" { Upto::Settled } else { Upto::Behind(window.span()) },
        reconcile: view.at("reconcile").present().map(|view| view.at("every").span()),
    });
    if let Some(unfit) = options.contradiction() {
        around.wrong.at(view.at("bound"), unfit.why, format!("it takes {}", unfit.instead));
    }
    if let Upto::Behind(behind) = options.upto {
        within_tombstones(window, behind, around);
    }
    options.into()
}

/// Checks the window against the tombstones' retention. An idle reader stays behind by the window,
/// and moves only after a tenth of the retention more. A cursor older than the retention has
/// expired, so a longer window would load again forever.
fn within_tombstones(window: View<'_>, behind: Span, around: Around<'_>) {
    let kept = around.tombstones_kept.span();
    let limit = Span(kept.0 - kept.0 / 10);
    if behind >= limit {
        let title = format!(
            "a cursor that stays {behind} behind expires, because the backend keeps tombstones for {kept}"
        );
        let help = format!("from \"0s\" to less than {limit}, or a longer `backend.tombstones_kept`");
        around.wrong.given(&[around.tombstones_kept]).at(window, title, help);
    }
}

impl LastModifiedOptions {
    /// The reason why these options contradict each other; `None` if they do not.
    pub(crate) fn contradiction(&self) -> Option<Unfit> {
        let fixed = self.source != Source::Records || self.paging == Paging::Offset;
        let plain = matches!(self.bound, Bound::Strict | Bound::Inclusive | Bound::Keyset);
        (fixed && !plain).then_some(Unfit {
            why: "this bound comes from the last page, but all pages of this pull have the same bound",
            instead: "\"strict\", \"inclusive\" or \"keyset\", or `source = \"records\"` and `paging = \"keyset\"`",
        })
    }
}

impl Choice for LastModifiedOptions {
    fn fits(&self, provisioning: Provisioning) -> Result<(), Unfit> {
        if provisioning.has_stamps() {
            return Ok(());
        }
        Err(Unfit {
            why: "it asks by the time of last modification, and this backend keeps none",
            instead: "a backend that stamps its rows (full; with `reconcile` also stamps-only, three-stamps, read-only-schema)",
        })
    }

    fn properties(&self) -> Properties {
        // A page begins after the last row delivered, so nothing comes twice.
        let after = matches!(self.bound, Bound::Keyset | Bound::TieExtended);
        let exact = self.source == Source::Records && self.precision <= Span::micros(1);
        let alone = "each worker would keep its own keys, and the others could not continue";
        Properties {
            finds_absence: self.reconcile.is_some(),
            reads_behind: match self.upto {
                Upto::Behind(Span::ZERO) | Upto::Settled => None,
                Upto::Behind(window) => Some(window),
            },
            looks_every: self.reconcile,
            brings_once: after && exact && self.paging == Paging::Keyset,
            asks_since: true,
            works_alone: self.reconcile.map(|_| alone),
            reads_parts: self.reconcile.is_none(),
            ..Properties::default()
        }
    }

    fn strategy(&self) -> Box<dyn Strategy> {
        let by_time = LastModified { options: *self };
        match self.reconcile {
            None => Box::new(by_time),
            Some(every) => Box::new(Reconciling::new(by_time, every)),
        }
    }
}
