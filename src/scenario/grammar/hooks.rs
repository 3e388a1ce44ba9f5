//! Keys of what the app's own code does when the engine calls it.

use super::super::form::{Form, SOME_SPAN, SPAN, key, optional, table};

/// The keys of a hook, and its own.
macro_rules! hook {
    ($($own:expr),* $(,)?) => {
        table(&[
            $($own,)*
            key("takes", SPAN, "\"0s\"").about("How long it works, before all else."),
            key("hangs", Form::Share, "0").about("Share of its calls that never end."),
            optional("calls", CALL)
                .about("It calls a service of the app over the device's link; no response throws."),
            key("throws", Form::Share, "0").about("Share of its calls that throw."),
            optional("triggers", Form::Text)
                .about("The unit that it puts into the queue as it ends, unless it throws."),
        ])
    };
}

const OF_RUN: Form =
    hook![optional("unit", Form::Text).about("For runs of this unit; of every unit if it is missing.")];

pub(super) const HOOKS: Form = table(&[
    optional("on_sync_start", OF_RUN)
        .about("A run starts (OnSyncStart): it waits, and ends as an error if this throws."),
    optional("on_sync_complete", OF_RUN)
        .about("A run ended well (OnSyncComplete): the next unit of the queue waits; what was stored stays, whatever this does."),
    optional("on_sync_error", OF_RUN)
        .about("A run ended badly (OnSyncError), also one that a kill interrupted: the next unit of the queue waits."),
    optional("network_status_changed", hook![])
        .about("The network came or went (NetworkStatusChanged): nothing waits for it."),
]);

const CALL: Form = table(&[
    key("request", BODY, "\"1KiB\"").about("Size of the request's body."),
    key("response", BODY, "\"1KiB\"").about("Size of the response's body."),
    key("takes", SPAN, "\"100ms\"").about("How long the service works for it."),
    key("timeout", SOME_SPAN, "\"30s\"").about("A call without a response is given up after this."),
]);

const BODY: Form = Form::Size { min: 0, max: 1 << 26 };
