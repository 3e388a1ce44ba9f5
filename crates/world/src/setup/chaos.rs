//! Random faults: the rate or share of each kind in a setup.

use crate::base::{Ppm, Span, in_words};

/// Distribution of the lengths of outages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lengths {
    /// Exponential with this mean.
    #[default]
    Exponential,
    /// Uniform between 0.5 and 1.5 times the mean.
    Uniform,
}
in_words!(Lengths { Exponential: "exponential", Uniform: "uniform" });

/// The kinds of random faults, as input of a macro: name, type, preset in a file, and description.
#[macro_export]
macro_rules! kinds_of_trouble {
    ($with:ident) => {
        $with! {
            kill_mtbf: Span = "\"0s\"",
                "Mean time between kills of a device's app while it runs; none if 0s. Half of the kills wait for a crash point.";
            power_loss_mtbf: Span = "\"0s\"", "Mean time between power losses of a device; none if 0s.";
            outage_mtbf: Span = "\"0s\"", "Mean time between outages of a device's link; none if 0s.";
            outage_mean: Span = "\"40s\"", "Mean length of an outage.";
            outage_lengths: Lengths = "\"exponential\"",
                "How the lengths of outages are distributed. \"uniform\" is from half the mean to one and a half times the mean.";
            outage_noticed: Ppm = "0.7",
                "Share of the outages that the phone notices. In the others the phone keeps sending.";
            response_loss: Ppm = "0", "Share of the responses that are lost after the server executed the request.";
            foreign_responses: Ppm = "0",
                "Share of the requests that get another response: a proxy's page, or the response to an earlier request.";
            proxy_ttl: Span = "\"0s\"",
                "How long a proxy on the path of all devices keeps a response; 0s means that there is no proxy.";
            bad_rows: Ppm = "0", "Share of the rows that cannot be read when they come, drawn each time a row comes.";
            put_off: Ppm = "0", "Share of the edits that the backend defers, drawn each time an edit arrives. The device sends such an edit again.";
            refused_deletes: Ppm = "0", "Share of the deletes that the backend refuses permanently.";
            cancel_mtbf: Span = "\"0s\"",
                "Mean time between cancellations on a device; none if 0s. A cancellation ends the next run that sends a request.";
            suspend_mtbf: Span = "\"0s\"", "Mean time between suspensions of a device's app; none if 0s.";
            suspend_mean: Span = "\"5m\"",
                "Mean length of a suspension. The connections of the app last 30 s in it.";
            token_mtbf: Span = "\"0s\"",
                "Mean time between revocations of a device's token; none if 0s.";
            logout_mtbf: Span = "\"0s\"", "Mean time between logouts of a device's person; none if 0s.";
            other_user_mtbf: Span = "\"0s\"",
                "Mean time between hand-overs of a device to somebody else; none if 0s.";
            away_mean: Span = "\"10m\"", "Mean time until a person logs in again, or has the phone back.";
            reinstall_mtbf: Span = "\"0s\"",
                "Mean time between reinstallations of a device's app; none if 0s.";
            restore_mtbf: Span = "\"0s\"",
                "Mean time between restores of a device from a backup; none if 0s. A backup is ten minutes old on average.";
            backend_mtbf: Span = "\"0s\"", "Mean time between failures of the backend; none if 0s.";
            backend_mean: Span = "\"2m\"", "Mean length of such a failure.";
        }
    };
}

macro_rules! chaos {
    ($($name:ident: $kind:ident = $preset:literal, $about:literal;)*) => {
        /// Random faults that go on during the whole script.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Chaos {
            $(#[doc = $about] pub $name: $kind,)*
        }

        impl Chaos {
            /// Removes the kinds of faults for which `has` returns false, and the settings of their
            /// lengths.
            pub fn reduce(&mut self, mut has: impl FnMut(&'static str) -> bool) {
                // The kinds with a rate are handled before the kinds with a share. A setting that
                // is a word is not a kind.
                for kind in ["Span", "Ppm"] {
                    $(
                        let turn = stringify!($kind) == kind && is_kind(stringify!($name));
                        if turn && self.$name != <$kind>::default() && !has(stringify!($name)) {
                            self.$name = <$kind>::default();
                        }
                    )*
                }
            }
        }
    };
}
kinds_of_trouble!(chaos);

fn is_kind(name: &str) -> bool {
    !name.ends_with("_mean") && name != "outage_noticed"
}
