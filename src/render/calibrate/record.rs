//! What a request log says.

/// A figure with its interval of 95 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

impl Estimate {
    /// Whether `x` lies in the interval.
    pub fn holds(&self, x: f64) -> bool {
        (self.low..=self.high).contains(&x)
    }

    /// The same if it may be off by so much more; nothing is less than nothing.
    pub fn off_by(self, by: f64) -> Estimate {
        Estimate { low: (self.low - by).max(0.0), high: self.high + by, ..self }
    }

    /// The same in another unit; a falling function swaps the bounds.
    pub fn map(self, f: impl Fn(f64) -> f64) -> Estimate {
        let (a, b) = (f(self.low), f(self.high));
        Estimate { value: f(self.value), low: a.min(b), high: a.max(b) }
    }
}

/// What is in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Census {
    /// Requests.
    pub requests: u64,
    /// Requests with a useful response.
    pub answered: u64,
    /// Broken connections.
    pub cut: u64,
    /// No response in time.
    pub timed_out: u64,
    /// Refused by the server, or cancelled by the app.
    pub refused: u64,
    /// Requests that never left.
    pub not_sent: u64,
    /// Devices, if the log tells them apart.
    pub devices: Option<u64>,
    /// From the first start to the last end, in seconds.
    pub lasted: f64,
    /// Mean rows of a response.
    pub rows_mean: f64,
    /// The most rows of a response.
    pub rows_max: u64,
    /// Bytes of the responses over their rows.
    pub bytes_a_row: Option<f64>,
    /// Responses that were trimmed.
    pub outliers: u64,
    /// Mean duration of the responses that the fit has, in seconds.
    pub duration_mean: f64,
}

impl Census {
    /// Seconds that a request may take in a search: half of a gateway's usual timeout of 30 s,
    /// doubled until the log's own responses have room.
    pub fn request_limit(&self) -> u64 {
        let mut limit = 15;
        while (limit as f64) < 2.0 * self.duration_mean && limit < 12 * 3_600 {
            limit *= 2;
        }
        limit
    }
}

/// What a response costs, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Costs {
    /// Of a request, whatever its size.
    pub request: Estimate,
    /// Of a row with its bytes.
    pub row: Estimate,
    /// Rows and bytes apart, if the log tells them apart.
    pub split: Option<Split>,
    /// Standard deviation of a duration, as a share of it.
    pub noise: Estimate,
}

/// Rows and bytes apart, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Split {
    /// Of a row, whatever its bytes.
    pub row: Estimate,
    /// Of a byte.
    pub byte: Estimate,
}

/// How often transfers fail.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rate {
    /// Failures a second of transfer.
    Known(Estimate),
    /// None was seen: at most so many a second, with a confidence of 95 %.
    AtMost(f64),
}

/// What is known of failures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outages {
    /// Failures that count: of requests that began while the link was up.
    pub failures: u64,
    /// Seconds of transfer of these requests.
    pub exposed: f64,
    /// How often they come.
    pub rate: Rate,
    /// Seconds from a failure to the start of the next request that gets through.
    pub repair: Option<Estimate>,
}

/// The chunk that the closed form recommends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Advice {
    /// So many rows.
    Rows {
        /// The best size.
        best: Estimate,
        /// The sizes within 3 % of it.
        flat: (f64, f64),
        /// How much more a row costs in chunks of the log's mean size: 0.07 is 7 %.
        excess: Estimate,
        /// Only the sizes that the log has were compared.
        within_log: bool,
    },
    /// No failure limits a chunk; below this many rows, overhead costs more than failures could.
    AtLeast(f64),
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
    /// What helps.
    pub hint: &'static str,
}

macro_rules! diagnostics {
    ($($name:ident: $effect:ident $code:literal, $threshold:literal, $source:literal, $hint:literal;)*) => {
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
                        source: $source, hint: $hint,
                    }),*
                }
            }
        }
    };
}

diagnostics! {
    FewResponses: Refuse "responses.few", "fewer than 20 responses",
        "of 20 the chunk is up to 15 % dearer", "log more requests";
    OneSize: Refuse "sizes.one", "fewer than 10 responses that are 20 % off the median size",
        "fewer leave the slope to single responses", "log chunks of other sizes, too";
    ManyTrimmed: Refuse "outliers.many", "over 10 % of the responses trimmed",
        "the scale is that of the middle 80 %",
        "separate the kinds of requests: --by COLUMN, --only COLUMN=VALUE";
    SlowTimeouts: Refuse "timeouts.slow", "fewer than 20 responses of sizes that the timeout does not cut off",
        "what is cut off at one end has no mean", "use a longer timeout while you log";
    NoFailures: Restrict "failures.none", "no failure in the time exposed",
        "Poisson, 95 %: 3.0 over the exposure", "log for longer; until then caps limit the chunk";
    OverheadUnknown: Refuse "overhead.unknown", "its interval holds 0", "bootstrap, 95 %",
        "log smaller chunks, too";
    RowUnknown: Refuse "row.unknown", "its interval holds 0", "bootstrap, 95 %",
        "log larger chunks, too";
    CoarseClock: Refuse "clock.coarse", "the clock's step is over half of the overhead",
        "durations are off by half a step", "log milliseconds";
    Mixed: Refuse "requests.mixed", "a column's values, or levels that last for several requests, differ by 15 %",
        "4 standard errors; levels are over half of the noise", "calibrate each kind by itself: --by COLUMN";
    Bent: Restrict "line.bent", "a size lies 10 % off the line, or the largest off a parabola, beyond chance",
        "3.3 and 4 standard errors; sizes of 12 responses and more", "separate kinds of requests: --by COLUMN";
    SlowSizes: Restrict "timeouts.sizes", "one response of a size in a thousand would outlast the timeout",
        "log-normal noise", "use a longer timeout while you log";
    SlowStart: Restrict "pauses.slow", "5 % longer after a pause of 30 s, beyond chance",
        "3.3 standard errors", "figures are those of requests that follow one another";
    Beyond: Note "chunk.beyond", "the chunk is over twice the largest response",
        "the line was not seen there", "log chunks of that size, and calibrate again";
    Trimmed: Note "outliers.trimmed", "6 scales off the line, in logarithms",
        "the scale is that of the middle 80 %", "look at these requests: the figures leave them out";
    LongTransfers: Note "transfers.long", "1 % of the responses as long as 2 mean times to failure",
        "weights above e\u{b2} rest on single responses", "log smaller chunks, too";
    InStep: Note "bytes.in-step", "bytes do not tell rows and bytes apart", "bootstrap, 95 %",
        "log tables with wide and narrow rows";
    Apart: Note "requests.apart", "a tenth of the requests, or less, begin right after a response",
        "the link may be down before they begin", "log requests that follow one another";
    NoDevices: Note "devices.untold", "requests overlap, without a column `device`",
        "over 1 % of the requests", "name devices in a column `device`";
    FewDevices: Note "devices.few", "fewer than 10 devices",
        "blocks of time stand for devices", "intervals are those of these devices";
    Refused: Note "requests.refused", "refused or cancelled requests", "they count as no failure",
        "call what the link broke `reset`";
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
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// The log's name.
    pub source: String,
    /// The column and the value that these lines have, of a log that was split.
    pub group: Option<(String, String)>,
    /// What is in it.
    pub census: Census,
    /// What responses cost, if their sizes tell.
    pub costs: Option<Costs>,
    /// What is known of failures; absent without any time of transfer.
    pub outages: Option<Outages>,
    /// The recommended chunk.
    pub advice: Option<Advice>,
    /// What limits these figures, the decisive first.
    pub diagnoses: Vec<Diagnosis>,
}
