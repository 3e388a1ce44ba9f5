//! Rows that cannot be read this time.

use std::sync::Arc;

use super::drawn::Faults;
use super::fault::{Fault, Kind};
use super::keys::{ALL_READ, FOR};
use super::sign::Sign;
use super::when::{Meets, When};
use crate::base::Ppm;
use crate::config::form::{Form, required};

/// The share of rows.
#[derive(Clone, Debug)]
pub(crate) struct BadRows(pub Ppm);

pub(super) const KIND: Kind = Kind::new(
    "bad_rows",
    on_devices![FOR, required("rows", Form::Share).about("Share of rows, drawn each time they come.")],
    "Some rows of a page cannot be read; the next time they may be readable.",
    |view, _| Some(Arc::new(BadRows(view.of("rows")))),
);

impl Fault for BadRows {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let (share, until) = (self.0, when.end.min(when.until()));
        faults.each(when.chosen, |on| on.unreadable.push((when.at, until, share)));
        Some(format!("{} cannot read {share} of the rows that come for {}", when.whom(), when.length))
    }

    fn meets(&self, when: &When<'_>) -> Option<Meets> {
        when.while_it_lasts(Sign::BadRow, ALL_READ)
    }
}
