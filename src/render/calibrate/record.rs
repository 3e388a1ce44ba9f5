//! What a request log says.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::base::Span;

/// A figure with its interval of 95 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The estimate; infinite where only a lower bound is known.
    pub value: f64,
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

impl Estimate {
    /// What is at least so much.
    pub fn at_least(low: f64) -> Estimate {
        Estimate { value: f64::INFINITY, low, high: f64::INFINITY }
    }

    /// Whether `x` lies in the interval.
    pub fn holds(&self, x: f64) -> bool {
        (self.low..=self.high).contains(&x)
    }

    /// The same if it may be off by so much more; nothing is less than nothing.
    pub fn off_by(self, by: f64) -> Estimate {
        Estimate { low: (self.low - by).max(0.0), high: self.high + by, ..self }
    }
}

/// What a log tells of; times are in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    /// A request, whatever its size.
    Overhead,
    /// A row with its bytes.
    Row,
    /// A row, whatever its bytes, if the log tells rows and bytes apart.
    RowAlone,
    /// A byte.
    Byte,
    /// Standard deviation of a duration, as a share of it.
    Noise,
    /// Transfer from one failure to the next.
    Between,
    /// From a failure to the start of the next request that gets through.
    Recovery,
}

/// What is in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Census {
    #[serde(rename = "count")]
    pub requests: u64,
    pub answered: u64,
    pub cut: u64,
    pub timed_out: u64,
    /// Refused by the server, or cancelled by the app.
    pub refused: u64,
    /// Requests that never left.
    pub not_sent: u64,
    /// Responses that were trimmed.
    pub outliers: u64,
    /// If the log tells them apart.
    pub devices: Option<u64>,
    /// From the first start to the last end.
    #[serde(rename = "lasted_ns")]
    pub lasted: Span,
    /// Mean duration of the responses that the fit has.
    #[serde(rename = "duration_mean_ns")]
    pub duration_mean: Span,
    /// Mean rows of a response, in thousandths.
    pub rows_mean_milli: u64,
    pub rows_max: u64,
    pub bytes_a_row: Option<u64>,
    /// Failures that count: of requests that began while the link was up.
    pub failures: u64,
    /// Time of transfer of these requests.
    #[serde(rename = "exposed_ns")]
    pub exposed: Span,
}

impl Census {
    /// Mean rows of a response.
    pub fn rows_mean(&self) -> f64 {
        self.rows_mean_milli as f64 / 1e3
    }

    /// Seconds that a request may take in a search: half of a gateway's usual timeout of 30 s,
    /// doubled until the log's own responses have room.
    pub fn request_limit(&self) -> u64 {
        let doubled = std::iter::successors(Some(15), |limit| Some(2 * limit));
        let enough = |limit: &u64| *limit as f64 >= 2.0 * self.duration_mean.as_secs_f64();
        doubled.take(12).find(enough).unwrap_or(12 * 3_600)
    }
}

/// The chunk that the closed form recommends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Advice {
    /// The best size in rows; where no failure was seen only the size below which overhead costs
    /// more than failures could.
    pub best: Estimate,
    /// The sizes within 3 % of it.
    pub flat: (f64, f64),
    /// How much more a row costs in chunks of the log's mean size: 0.07 is 7 %.
    pub excess: Estimate,
    /// Only sizes that the log has were compared.
    pub within_log: bool,
}

/// What a diagnosis does to the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// The figure is not given.
    Refuse,
    /// The figure is given for a part of the log, or of the sizes.
    Restrict,
    /// The figure is given; the reader should know.
    Note,
}

impl Effect {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Effect::Refuse => "refuse",
            Effect::Restrict => "restrict",
            Effect::Note => "note",
        }
    }
}

/// A line of the table of diagnostics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, in JSON and on the page.
    pub code: &'static str,
    /// What it does.
    pub effect: Effect,
    /// When it stands.
    pub threshold: &'static str,
    /// Where the threshold comes from.
    pub source: &'static str,
    /// What is said of it: `{}` is a count, `{%}` a share and `{s}` a time.
    pub says: &'static str,
    /// What helps.
    pub hint: &'static str,
}

macro_rules! diagnostics {
    ($($name:ident: $effect:ident $code:literal, $threshold:literal, $source:literal, $says:literal, $hint:literal;)*) => {
        /// The diagnostics, the decisive first.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(missing_docs)]
        pub enum Code { $($name),* }

        impl Code {
            /// All of them.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            /// Its line of the table.
            pub fn rule(self) -> Rule {
                match self {
                    $(Code::$name => Rule {
                        code: $code, effect: Effect::$effect, threshold: $threshold,
                        source: $source, says: $says, hint: $hint,
                    }),*
                }
            }
        }
    };
}

diagnostics! {
    FewResponses: Refuse "responses.few", "fewer than 20 responses, but for those after a pause",
        "of 20 the chunk is up to 15 % dearer",
        "{} of the 20 responses needed, so no costs", "log more requests";
    OneSize: Refuse "sizes.one", "fewer than 10 responses that are 20 % off the median size",
        "fewer leave the slope to single responses",
        "{} responses of other sizes than {} rows, so no costs", "log chunks of other sizes, too";
    ManyTrimmed: Refuse "outliers.many", "over 10 % of the responses trimmed",
        "the scale is that of the middle 80 %", "{%} of the responses lie off any line, so no costs",
        "separate the kinds of requests: --by COLUMN, --only COLUMN=VALUE";
    SlowTimeouts: Refuse "timeouts.slow", "fewer than 20 responses of sizes that the timeout does not cut off",
        "what is cut off at one end has no mean",
        "timeouts cut off all sizes but those of {} responses", "use a longer timeout while you log";
    BareTimeouts: Refuse "timeouts.bare",
        "timeouts cut responses off, and a tenth of them or more have no rows",
        "whether it failed or was slow depends on its rows",
        "{} timeouts without rows may be slow responses, so no time between failures and no chunk",
        "log the rows asked for on timeouts, too";
    NoFailures: Restrict "failures.none", "no failure in the time exposed",
        "Poisson, 95 %: 3.0 over the exposure", "no failure in {s} of transfer, so no best chunk",
        "log for longer; until then caps limit the chunk";
    OverheadUnknown: Refuse "overhead.unknown", "its interval holds 0", "bootstrap, 95 %",
        "the overhead ({s}) may be nothing, so no chunk", "log smaller chunks, too";
    RowUnknown: Refuse "row.unknown", "its interval holds 0", "bootstrap, 95 %",
        "the time a row ({s}) may be nothing, so no chunk", "log larger chunks, too";
    CoarseClock: Refuse "clock.coarse", "the clock's step is over half of the overhead",
        "durations are off by half a step", "the clock has steps of {s}, so no chunk", "log milliseconds";
    Mixed: Refuse "requests.mixed", "a column's values, or sizes, differ by 15 %, beyond chance",
        "4 standard errors; values of 12 responses and more",
        "values of `{name}` differ by {%}, so no chunk", "calibrate each kind by itself: --by COLUMN";
    Levels: Refuse "requests.levels", "levels of 15 % last from one request to the next",
        "covariance, over half of the noise", "levels that differ by {%} last, so no chunk",
        "calibrate each kind by itself: --by COLUMN";
    Bent: Restrict "line.bent", "rows² make the largest response 10 % longer, beyond chance",
        "bootstrap: twice the interval of 95 %",
        "responses of {} rows take {%} longer than a line says, so only the log's sizes",
        "separate kinds of requests: --by COLUMN";
    SlowSizes: Restrict "timeouts.sizes", "one response of a size in a thousand would outlast the timeout",
        "log-normal noise", "{} responses left out, of sizes that timeouts cut off: over {} rows",
        "use a longer timeout while you log";
    Beyond: Note "chunk.beyond", "the chunk is over twice the largest response",
        "the line was not seen there", "the largest response has {} rows",
        "log chunks of that size, and calibrate again";
    Trimmed: Note "outliers.trimmed", "6 scales off the line, in logarithms",
        "the scale is that of the middle 80 %", "{} outliers ({%} of the responses)",
        "look at these requests: the figures leave them out";
    LongTransfers: Note "transfers.long", "1 % of the responses as long as 2 mean times to failure",
        "weights above e\u{b2} rest on single responses", "{%} of the responses hardly come through",
        "log smaller chunks, too";
    InStep: Note "bytes.in-step", "bytes do not tell rows and bytes apart", "bootstrap: twice the interval",
        "{} bytes a row throughout", "log tables with wide and narrow rows";
    Apart: Note "requests.apart", "a quarter of the requests, or less, begin right after a response",
        "the link may be down before they begin", "requests do not follow one another",
        "connections are in the overhead, and failures too many: log requests that do";
    NoDevices: Note "devices.untold", "requests overlap, without a column `device`",
        "over 1 % of the requests", "{%} of the requests overlap", "name devices in a column `device`";
    FewDevices: Note "devices.few", "fewer than 10 devices", "blocks of time stand for devices",
        "{} devices", "intervals are those of these devices";
}

/// A line of the table that applies, with its figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnosis {
    /// Which.
    pub code: Code,
    /// What was found, as its sentence has it.
    pub found: [f64; 2],
    /// A column, where one is named.
    pub name: String,
}

impl Diagnosis {
    /// One that names nothing.
    pub fn of(code: Code, found: [f64; 2]) -> Diagnosis {
        Diagnosis { code, found, name: String::new() }
    }
}

/// What a request log says, and what it cannot tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calibration {
    /// The log's name.
    pub source: String,
    /// The column and the value that these lines have, of a log that was split.
    pub group: Option<(String, String)>,
    /// What is in it.
    pub census: Census,
    /// What it tells; what it cannot is absent.
    pub figures: BTreeMap<Figure, Estimate>,
    /// The recommended chunk.
    pub advice: Option<Advice>,
    /// What limits these figures, the decisive first.
    pub diagnoses: Vec<Diagnosis>,
}

impl Calibration {
    /// A figure, if the log tells it.
    pub fn get(&self, figure: Figure) -> Option<Estimate> {
        self.figures.get(&figure).copied()
    }

    /// Takes a figure.
    pub fn put(&mut self, figure: Figure, estimate: Estimate) {
        self.figures.insert(figure, estimate);
    }

    /// Takes a diagnosis, if it stands.
    pub fn say(&mut self, stands: bool, code: Code, found: [f64; 2]) {
        self.diagnoses.extend(stands.then(|| Diagnosis::of(code, found)));
    }
}
