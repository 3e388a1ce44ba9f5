//! Random trouble.

use crate::base::{Ppm, Span, in_words};

/// How lengths are spread about their mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lengths {
    /// Exponential.
    #[default]
    Exponential,
    /// Uniform from half of it to one and a half.
    Uniform,
}
in_words!(Lengths { Exponential: "exponential", Uniform: "uniform" });

/// Random trouble, drawn from the seed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chaos {
    /// Mean time between kills of a device's app; zero for none.
    pub kill_mtbf: Span,
    /// Mean time between power losses of a device; zero for none.
    pub power_loss_mtbf: Span,
    /// Mean time between outages of a device's link; zero for none.
    pub outage_mtbf: Span,
    /// Mean length of an outage.
    pub outage_mean: Span,
    /// How they are spread about it.
    pub outage_lengths: Lengths,
    /// Share of outages that the operating system notices.
    pub outage_noticed: Ppm,
    /// Share of answers that are lost.
    pub response_loss: Ppm,
    /// Share of answers that are not those to their requests.
    pub foreign_responses: Ppm,
    /// How long a proxy on the way gives an answer again; zero without one.
    pub proxy_ttl: Span,
    /// Share of rows that cannot be read when they come.
    pub bad_rows: Ppm,
    /// Share of edits that the backend puts off.
    pub put_off: Ppm,
    /// Share of deletes that the backend refuses for good.
    pub refused_deletes: Ppm,
    /// Mean time between cancels of a device's runs; zero for none.
    pub cancel_mtbf: Span,
    /// Mean time between suspensions of a device's app; zero for none.
    pub suspend_mtbf: Span,
    /// Mean length of a suspension.
    pub suspend_mean: Span,
    /// Mean time between the times at which a device's token is taken back; zero for none.
    pub token_mtbf: Span,
    /// Mean time between logouts of a device's person; zero for none.
    pub logout_mtbf: Span,
    /// Mean time between the times at which a device is handed to somebody else; zero for none.
    pub other_user_mtbf: Span,
    /// Mean time until a person logs in again, or has the phone back.
    pub away_mean: Span,
    /// Mean time between installs of a device's app again; zero for none.
    pub reinstall_mtbf: Span,
    /// Mean time between returns of a device to a backup; zero for none.
    pub restore_mtbf: Span,
    /// Mean time between failures of the backend; zero for none.
    pub backend_mtbf: Span,
    /// Mean length of such a failure.
    pub backend_mean: Span,
}
