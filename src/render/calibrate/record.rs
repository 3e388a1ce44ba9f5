//! The data of a calibration, which estimates costs from a request log.
//!
//! A chunk is the rows of one response.

use serde::Serialize;

use crate::base::Span;

/// A figure with its 95 % interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// The estimate; infinite if only a lower bound is known.
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Estimate {
    /// A figure that the user gave, so it has no uncertainty.
    pub fn exactly(value: f64) -> Estimate {
        Estimate { value, low: value, high: value }
    }
    pub fn at_least(low: f64) -> Estimate {
        Estimate { value: f64::INFINITY, low, high: f64::INFINITY }
    }
    pub fn holds(&self, x: f64) -> bool {
        (self.low..=self.high).contains(&x)
    }
}

/// The figures that are estimated from a log.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// The fixed overhead of a request, in seconds.
    pub overhead: Estimate,
    /// The time of a row, including its bytes, in seconds.
    pub row: Estimate,
    /// The standard deviation of a duration, as a share of the duration.
    pub noise: Estimate,
    /// The mean transfer time between failures, in seconds.
    pub between: Estimate,
    /// The best rows per chunk by the closed form. Without failures only a lower bound is known.
    pub best: Estimate,
    /// The smallest and the largest chunk whose cost per row is at most 3 % above the best.
    pub flat: [f64; 2],
    /// The extra cost per row of the log's mean chunk, compared with the best chunk: 0.07 is 7 %.
    /// Without failures, the best chunk is replaced by its lower bound.
    pub excess: Estimate,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Census {
    #[serde(rename = "count")]
    pub requests: u64,
    pub answered: u64,
    pub cut: u64,
    pub timed_out: u64,
    /// Requests that the server refused, or that the app cancelled.
    pub refused: u64,
    pub not_sent: u64,
    pub outliers: u64,
    pub devices: Option<u64>,
    /// The time from the first start to the last end.
    pub lasted_ns: Span,
    pub duration_mean_ns: Span,
    pub rows_mean_milli: u64,
    pub rows_max: u64,
    pub bytes_a_row: Option<u64>,
    /// Failures of requests that began while the link was up. `exposed_ns` is the transfer time of
    /// all these requests.
    pub failures: u64,
    pub exposed_ns: Span,
}

/// Values that the user knows from other sources.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Given {
    pub overhead: Option<Span>,
    /// The mean transfer time between failures.
    pub mtbf: Option<Span>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    Refuse,
    /// Only a lower bound of the chunk is known.
    Restrict,
    Note,
}

/// A row of the table of diagnoses: code, effect, text and hint. In the text, `{}` stands for the
/// found values. The docs explain when a diagnosis applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    pub code: &'static str,
    pub effect: Effect,
    pub says: &'static str,
    pub hint: &'static str,
}

macro_rules! diagnostics {
    ($($name:ident: $effect:ident $code:literal, $says:literal, $hint:literal;)*) => {
        /// The diagnoses, the decisive ones first.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code { $($name),* }

        impl Code {
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            pub fn rule(self) -> Rule {
                match self {
                    $(Code::$name => Rule { code: $code, effect: Effect::$effect, says: $says, hint: $hint }),*
                }
            }
        }
    };
}

diagnostics! {
    FewResponses: Refuse "responses.few",
        "{} of {} responses can be used, so the costs cannot be fitted",
        "log at least 20 responses that follow another response of the same device";
    TimeoutsSlow: Refuse "timeouts.slow",
        "a timeout after {} may be a slow response: over 1 in 100 responses took more than half of this time",
        "log with a longer timeout, or smaller chunks";
    OneSize: Refuse "sizes.one",
        "nearly all of {} responses have {} rows, so the overhead is unknown: {} and {} rows would show it",
        "log chunks of two other sizes, or give --overhead TIME";
    NoOutcomes: Refuse "outcomes.none", "the log does not say how requests ended, so the time between failures is unknown",
        "log a column `outcome`, or give --mtbf TIME";
    ManyTrimmed: Refuse "outliers.many", "no straight line fits {} of the responses",
        "separate the kinds of requests: --by COLUMN, --only COLUMN=VALUE";
    OverheadLong: Refuse "overhead.long", "the overhead of {} is not shorter than the mean request ({})",
        "give a shorter --overhead";
    OverheadUnknown: Refuse "overhead.unknown", "the overhead ({}) may be zero",
        "log smaller chunks, too, or give --overhead TIME";
    NoFailures: Restrict "failures.none", "no request failed in {} of transfer, so the best chunk is unknown",
        "log for longer; until then only caps limit the chunk";
    RowUnknown: Restrict "row.unknown", "the time per row ({}) may be zero, so the best chunk is unknown",
        "log larger chunks, too";
    Beyond: Note "chunk.beyond", "the recommended chunk is far above the largest response ({} rows)",
        "log chunks of the recommended size, and calibrate again";
    Trimmed: Note "outliers.trimmed", "{} outliers ({} of the responses)",
        "look at these requests: the figures leave them out";
    Apart: Note "requests.apart", "few requests begin right after a response, so the overhead and the failures are estimated too high",
        "log syncs of several requests";
    FewDevices: Note "devices.few", "too few devices ({})", "log 10 or more, named in a column `device`";
}

#[derive(Clone, Debug, PartialEq)]
pub struct Diagnosis {
    pub code: Code,
    pub says: String,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calibration {
    pub source: String,
    /// The column and the value that all these lines share; `None` if the log was not split.
    pub group: Option<(String, String)>,
    pub census: Census,
    /// `None` if the log does not determine the figures.
    pub figures: Option<Figures>,
    /// The limits of the figures. The decisive diagnoses come first.
    pub diagnoses: Vec<Diagnosis>,
}

impl Calibration {
    /// Adds a diagnosis if `stands` is true. Returns `stands`.
    pub fn say<const N: usize>(&mut self, stands: bool, code: Code, found: [String; N]) -> bool {
        let says = found.iter().fold(code.rule().says.to_owned(), |says, x| says.replacen("{}", x, 1));
        self.diagnoses.extend(stands.then_some(Diagnosis { code, says }));
        stands
    }
}
