//! What a request log says.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::base::Span;

/// A figure with its interval of 95 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The estimate; infinite where only a lower bound is known.
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Estimate {
    pub fn at_least(low: f64) -> Estimate {
        Estimate { value: f64::INFINITY, low, high: f64::INFINITY }
    }
    pub fn holds(&self, x: f64) -> bool {
        (self.low..=self.high).contains(&x)
    }
}

/// What a log tells of; times are in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    Overhead,
    Row,
    /// A row, whatever its bytes, if the log tells rows and bytes apart.
    RowAlone,
    Byte,
    /// Standard deviation of a duration, as a share of it.
    Noise,
    /// Transfer from one failure to the next.
    Between,
    /// From a failure to the start of the next request that gets through.
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
    /// Mean duration of the responses that the fit has.
    pub duration_mean_ns: Span,
    pub rows_mean_milli: u64,
    pub rows_max: u64,
    pub bytes_a_row: Option<u64>,
    /// Of requests that began while the link was up; and how long these transferred.
    pub failures: u64,
    pub exposed_ns: Span,
}

/// The chunk that the closed form recommends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Advice {
    /// The best rows; without a failure only the size below which overhead costs more.
    pub best: Estimate,
    pub flat: (f64, f64),
    /// How much more a row costs in chunks of the log's mean size: 0.07 is 7 %.
    pub excess: Estimate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    Refuse,
    /// The figure is given for a part of the log, or of the sizes.
    Restrict,
    Note,
}

/// A line of the table of diagnostics: its name, what it does, what is said of it (`{}` is what was
/// found), what helps. When it stands, and why, says the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    pub code: &'static str,
    pub effect: Effect,
    pub says: &'static str,
    pub hint: &'static str,
}

macro_rules! diagnostics {
    ($($name:ident: $effect:ident $code:literal, $says:literal, $hint:literal;)*) => {
        /// The diagnostics, the decisive first.
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
    OneSize: Refuse "sizes.one", "{} responses of other sizes than {} rows, so no costs",
        "log chunks of other sizes, too";
    ManyTrimmed: Refuse "outliers.many", "{} of the responses lie off any line, so no costs",
        "separate the kinds of requests: --by COLUMN, --only COLUMN=VALUE";
    BareFailures: Refuse "failures.bare",
        "failures without rows may be slow responses, so no time between failures and no chunk",
        "log the rows asked for on failures, too";
    NoFailures: Restrict "failures.none", "no failure in {} of transfer, so no best chunk",
        "log for longer; until then caps limit the chunk";
    OverheadUnknown: Refuse "overhead.unknown", "the overhead ({}) may be nothing, so no chunk",
        "log smaller chunks, too, in milliseconds";
    RowUnknown: Refuse "row.unknown", "the time a row ({}) may be nothing, so no chunk",
        "log larger chunks, too";
    Mixed: Refuse "requests.mixed", "{} differ by {}, so no chunk",
        "calibrate each kind by itself: --by COLUMN";
    Levels: Refuse "requests.levels", "durations change by {} and stay so for a while, so no chunk",
        "calibrate each kind by itself: --by COLUMN";
    Bent: Refuse "line.bent", "responses of {} rows take {} longer than a line says, so no chunk",
        "log smaller chunks, or separate kinds of requests: --by COLUMN";
    SlowSizes: Restrict "timeouts.sizes",
        "{} responses left out, of sizes that timeouts cut off: over {} rows",
        "use a longer timeout while you log";
    Beyond: Note "chunk.beyond", "the largest response has {} rows",
        "log chunks of the recommended size, and calibrate again";
    Trimmed: Note "outliers.trimmed", "{} outliers ({} of the responses)",
        "look at these requests: the figures leave them out";
    LongTransfers: Note "transfers.long", "{} of the responses take so long that they seldom come through",
        "log smaller chunks, too";
    Apart: Note "requests.apart", "few requests begin right after a response",
        "overhead and failures are estimated too high: log syncs of several requests";
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
    /// The column and the value that these lines have, of a log that was split.
    pub group: Option<(String, String)>,
    pub census: Census,
    /// What it tells; what it cannot is absent.
    pub figures: BTreeMap<Figure, Estimate>,
    pub advice: Option<Advice>,
    /// What limits these figures, the decisive first.
    pub diagnoses: Vec<Diagnosis>,
}

impl Calibration {
    pub fn get(&self, figure: Figure) -> Option<Estimate> {
        self.figures.get(&figure).copied()
    }
    pub fn say<const N: usize>(&mut self, stands: bool, code: Code, found: [String; N]) {
        let says = found.iter().fold(code.rule().says.to_owned(), |says, x| says.replacen("{}", x, 1));
        self.diagnoses.extend(stands.then_some(Diagnosis { code, says }));
    }
}
