//! What a request log tells, as data.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::base::Span;

/// A figure with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The estimate; infinite if only a lower bound is known.
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Estimate {
    /// A known figure, without uncertainty.
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

/// What can be estimated from a log; times are in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    /// A response of median size, if the log does not separate its overhead.
    Request,
    Overhead,
    Row,
    /// A row without its bytes, if the log separates rows and bytes.
    RowAlone,
    Byte,
    /// The standard deviation of a duration, as a share of it.
    Noise,
    /// Transfer time between failures.
    Between,
    /// From a failure until the link is up again.
    Recovery,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Census {
    #[serde(rename = "count")]
    pub requests: u64,
    pub answered: u64,
    pub cut: u64,
    pub timed_out: u64,
    /// Refused by the server, or cancelled by the app.
    pub refused: u64,
    pub not_sent: u64,
    pub outliers: u64,
    pub devices: Option<u64>,
    /// From the first start to the last end.
    pub lasted_ns: Span,
    /// The mean duration of the responses in the fit.
    pub duration_mean_ns: Span,
    pub rows_mean_milli: u64,
    /// Of the responses in the fit.
    pub rows_median: u64,
    pub rows_max: u64,
    pub bytes_a_row: Option<u64>,
    /// Among requests that began while the link was up; and their transfer time.
    pub failures: u64,
    pub exposed_ns: Span,
}

/// The chunk that the closed form recommends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Advice {
    /// The best rows per chunk; without failures only the size below which overhead costs more.
    pub best: Estimate,
    pub flat: (f64, f64),
    /// How much more a row costs in chunks of the log's mean size than in the best ones (without
    /// failures: than at the size below which overhead costs more). 0.07 is 7 %.
    pub excess: Estimate,
}

/// What caused the requests that timed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timeouts {
    /// The link failed, and no response would have come.
    Failures,
    /// The response would have come later.
    Slow,
}

/// What the user knows besides the log.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Given {
    pub overhead: Option<Span>,
    /// The round trip of the link, a lower bound for the overhead.
    pub rtt: Option<Span>,
    /// Transfer time between failures.
    pub mtbf: Option<Span>,
    pub timeouts: Option<Timeouts>,
}

/// The estimates under one set of assumptions, or under none if the log is sufficient.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// In seconds, like `mtbf`.
    pub overhead: Option<f64>,
    pub mtbf: Option<f64>,
    pub timeouts: Option<Timeouts>,
    /// The estimates; those that the log does not determine are absent.
    pub figures: BTreeMap<Figure, Estimate>,
    pub advice: Advice,
    /// If timeouts are slow responses: the rows of which 99 of 100 responses come in time.
    pub in_time: Option<Estimate>,
}

/// What to log next, so that the log is sufficient.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Next {
    pub rows: [u64; 2],
    /// Per size.
    pub requests: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    Refuse,
    /// The figure is for a part of the log, or of the sizes.
    Restrict,
    Note,
}

/// A row of the table of diagnoses: code, effect, text (`{}` is what was found), hint. The docs say
/// when it applies, and why.
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
    FewResponses: Refuse "responses.few", "{} usable responses, 20 are needed, so no costs",
        "log more requests";
    ManyTrimmed: Refuse "outliers.many", "{} of the responses lie off any line, so no costs",
        "separate the kinds of requests: --by COLUMN, --only COLUMN=VALUE";
    OverheadLong: Refuse "overhead.long", "the overhead of {} is not shorter than a request ({})",
        "give a shorter --overhead";
    SlowUnfit: Refuse "timeouts.slow",
        "{} timeouts{} as slow responses give no costs: 99 of 100 responses took up to {}, and with noise of {} they would differ more",
        "log the `rows` that they asked for, or give --timeouts failures";
    OneSize: Restrict "sizes.one", "all {} responses have {} rows, so the overhead is open",
        "log chunks of two other sizes, or give --overhead TIME";
    OverheadUnknown: Restrict "overhead.unknown", "the overhead ({}) may be zero, so it is open",
        "log smaller chunks, too, in milliseconds, or give --overhead TIME";
    OverheadDiffers: Restrict "overhead.differs", "the sizes in the log give {} of overhead",
        "leave out --overhead";
    TimeoutsOpen: Restrict "timeouts.open",
        "{} timeouts{} are failures of the link or slow responses (99 of 100 responses took up to {}): {} would decide",
        "log that column, or say what they are with --timeouts";
    NoOutcomes: Restrict "outcomes.none", "the log does not say how requests ended, so no time between failures",
        "log a column `outcome`, or give --mtbf TIME";
    NoFailures: Restrict "failures.none", "no failure in {} of transfer, so no best chunk",
        "log for longer; until then caps limit the chunk";
    RowUnknown: Restrict "row.unknown", "the time per row ({}) may be zero, so no best chunk",
        "log larger chunks, too";
    Mixed: Restrict "requests.mixed", "{} differ by {}, so the figures fit none of them",
        "calibrate each kind by itself: --by COLUMN";
    Levels: Restrict "requests.levels",
        "durations change by {} and stay so for a while, so the figures are a mean of several networks",
        "calibrate each by itself: --by COLUMN";
    Beyond: Note "chunk.beyond", "the largest response has {} rows",
        "log chunks of the recommended size, and calibrate again";
    Trimmed: Note "outliers.trimmed", "{} outliers ({} of the responses)",
        "look at these requests: the figures leave them out";
    Apart: Note "requests.apart", "few requests begin right after a response",
        "overhead and failures are estimated too high: log syncs of several requests";
    RecoveryUnknown: Note "recovery.unknown", "the log does not say how long the link needs to recover: {}",
        "log the tries that follow a failure, of more failures";
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
    /// The column and the value of these lines, if the log was split.
    pub group: Option<(String, String)>,
    pub census: Census,
    /// One reading, or several if the log allows several sets of assumptions.
    pub readings: Vec<Reading>,
    pub next: Option<Next>,
    /// What limits these figures, the decisive ones first.
    pub diagnoses: Vec<Diagnosis>,
}

impl Calibration {
    /// A figure, if it is the same in all readings.
    pub fn get(&self, figure: Figure) -> Option<Estimate> {
        let mut of = self.readings.iter().map(|reading| reading.figures.get(&figure).copied());
        let first = of.next()??;
        of.all(|other| other == Some(first)).then_some(first)
    }
    /// Its only reading.
    pub fn only(&self) -> Option<&Reading> {
        self.readings.first().filter(|_| self.readings.len() == 1)
    }
    /// Adds a diagnosis if it `stands` and is not there yet.
    pub fn say<const N: usize>(&mut self, stands: bool, code: Code, found: [String; N]) {
        let says = found.iter().fold(code.rule().says.to_owned(), |says, x| says.replacen("{}", x, 1));
        let known = self.diagnoses.iter().any(|diagnosis| diagnosis.code == code);
        self.diagnoses.extend((stands && !known).then_some(Diagnosis { code, says }));
    }
}
