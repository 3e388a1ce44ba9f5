//! Deletes that the backend refuses for good.

use std::sync::Arc;

use super::drawn::Faults;
use super::fault::{Fault, Kind};
use super::keys::{FOR, NONE_REFUSED};
use super::sign::Sign;
use super::when::{Meets, When};
use crate::backend::{Hindered, Hindrance};
use crate::base::Ppm;
use crate::config::form::{Form, required, table};

/// The share of deletes.
#[derive(Clone, Debug)]
pub(crate) struct RefusedDeletes(pub Ppm);

pub(super) const KIND: Kind = Kind::new(
    "refused_deletes",
    table(&[FOR, required("deletes", Form::Share).about("The share of deletes.")]),
    "The backend refuses deletes permanently, as if other rows referred to the deleted ones.",
    |view, _| Some(Arc::new(RefusedDeletes(view.of("deletes")))),
);

impl Fault for RefusedDeletes {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let (share, until) = (self.0, when.end.min(when.until()));
        let what = Hindered::Deletes;
        faults.hindrances.push(Hindrance { from: when.at, until, share, what });
        Some(format!("the backend refuses {share} of the deletes for {}", when.length))
    }

    fn meets(&self, when: &When<'_>) -> Option<Meets> {
        when.while_it_lasts(Sign::DeleteRefused, NONE_REFUSED)
    }
}
