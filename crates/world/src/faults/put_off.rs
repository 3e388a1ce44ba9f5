//! Edits that the backend does not take yet.

use std::sync::Arc;

use super::drawn::Faults;
use super::fault::{Fault, Kind};
use super::keys::{FOR, NONE_PUT_OFF};
use super::sign::Sign;
use super::when::{Meets, When};
use crate::backend::{Hindered, Hindrance};
use crate::base::Ppm;
use crate::config::form::{Form, required, table};

/// The share of edits.
#[derive(Clone, Debug)]
pub(crate) struct PutOff(pub Ppm);

pub(super) const KIND: Kind = Kind::new(
    "put_off",
    table(&[FOR, required("edits", Form::Share).about("Share of edits, drawn each time they arrive.")]),
    "The backend defers some edits of a push while it commits the others.",
    |view, _| Some(Arc::new(PutOff(view.of("edits")))),
);

impl Fault for PutOff {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let (share, until) = (self.0, when.end.min(when.until()));
        let what = Hindered::PutOff;
        faults.hindrances.push(Hindrance { from: when.at, until, share, what });
        Some(format!("the backend defers {share} of the edits for {}", when.length))
    }

    fn meets(&self, when: &When<'_>) -> Option<Meets> {
        when.while_it_lasts(Sign::PutOff, NONE_PUT_OFF)
    }
}
