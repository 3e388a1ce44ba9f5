//! Keys of what differs from seed to seed, and of what many seeds must come to.

use super::super::form::{Form, Key, SOME, key, required, table};
use super::super::words::Occurs;

pub(super) const SWARM: Form = table(SWARM_KEYS);

const SWARM_KEYS: &[Key] = &[
    key("on", Form::Share, "0.75")
        .about("The chance that a kind of trouble is there with a seed, above 0: each of `chaos`, `workload.contention`, `backend.poison`, each event and each action."),
    key("always", Form::List(&Form::Text), "[]")
        .about("What is there with each seed, such as \"chaos.response_loss\", \"event.import\" or \"action.add\"."),
    key("sizes", Form::Bool, "true")
        .about("Whether chunk sizes are drawn too: some as written, others 1, 2, or around the size of an import, of a tie or of an entity."),
];

pub(super) const SITUATIONS: Form = table(&[
    required("occur", Form::List(&Form::word::<Occurs>()))
        .about("What must occur with one of the seeds; \"all\" are all there are. What each is, its metric says, such as situation.hot_row.count."),
    key("seeds", SOME, "200")
        .about("Of how many cells on it is a failure if one never did; of fewer it is told."),
]);
