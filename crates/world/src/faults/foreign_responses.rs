//! Responses that do not belong to their requests.

use std::sync::Arc;

use super::drawn::Faults;
use super::fault::{Fault, Kind};
use super::keys::FOR;
use super::sign::Sign;
use super::when::{Meets, When};
use crate::base::Ppm;
use crate::config::form::{Form, required, word};
use crate::net::{During, Foreign};

/// The share of responses, and what comes in their place.
#[derive(Clone, Debug)]
pub(crate) struct ForeignResponses(pub Ppm, pub Foreign);

pub(super) const KIND: Kind = Kind::new(
    "foreign_responses",
    on_devices![
        FOR,
        required("responses", Form::Share).about("The share of responses."),
        word::<Foreign>("what")
            .about("What comes instead: a proxy's page, the response to an earlier request, or either.",),
    ],
    "Some requests get a response that belongs to another request.",
    |view, _| Some(Arc::new(ForeignResponses(view.of("responses"), view.of("what")))),
);

impl Fault for ForeignResponses {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let ForeignResponses(share, what) = *self;
        let until = when.end.min(when.until());
        let time = During { from: when.at, until, what: (share, what) };
        faults.each(when.chosen, |on| on.net.foreign.push(time));
        Some(format!(
            "{share} of the responses to {} belong to other requests for {}",
            when.whom(),
            when.length
        ))
    }

    fn meets(&self, when: &When<'_>) -> Option<Meets> {
        when.while_it_lasts(Sign::Foreign, "every response belonged to its request")
    }
}
