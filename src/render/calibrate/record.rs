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

    /// The same where another reading of the log may be the true one: the interval holds those of
    /// both.
    pub fn as_open_as(self, other: Estimate) -> Estimate {
        Estimate { low: self.low.min(other.low), high: self.high.max(other.high), ..self }
    }

    /// The same of what may be off by so much more; nothing is less than nothing.
    pub fn off_by(self, by: f64) -> Estimate {
        Estimate { low: (self.low - by).max(0.0), high: self.high + by, ..self }
    }

    /// The same if it is so many times as open.
    pub fn wider(self, times: f64) -> Estimate {
        let Estimate { value, low, high } = self;
        Estimate {
            value,
            low: (value - times * (value - low)).max(0.0),
            high: value + times * (high - value),
        }
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
    /// Useful answers.
    pub answered: u64,
    /// Broken connections.
    pub cut: u64,
    /// No answer in time.
    pub timed_out: u64,
    /// Answers that say no, and requests that the app gave up.
    pub refused: u64,
    /// Requests that never left.
    pub not_sent: u64,
    /// Devices, if the log tells them apart.
    pub devices: Option<u64>,
    /// From the first start to the last end, in seconds.
    pub lasted: f64,
    /// Mean rows of an answer.
    pub rows_mean: f64,
    /// The most rows of an answer.
    pub rows_max: u64,
    /// Bytes of an answer that come with each row.
    pub bytes_a_row: Option<f64>,
    /// Bytes of an answer that come with it whatever its rows, where it surely has such: the
    /// overhead holds their time.
    pub bytes_around: Option<f64>,
    /// Answers that are far from all others and were put aside.
    pub outliers: u64,
    /// Mean duration of the answers that were kept, in seconds.
    pub duration_mean: f64,
}

impl Census {
    /// Seconds that a request may take in a search: half of a gateway's usual timeout of 30 s,
    /// doubled until the log's own answers have room.
    pub fn request_limit(&self) -> u64 {
        let mut limit = 15;
        while (limit as f64) < 2.0 * self.duration_mean && limit < 12 * 3_600 {
            limit *= 2;
        }
        limit
    }
}

/// What an answer costs, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Costs {
    /// Of a request, whatever its size.
    pub request: Estimate,
    /// Of a row with its bytes.
    pub row: Estimate,
    /// What of that is the row's and what its bytes', if the log tells them apart.
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

/// How often transfers break.
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
    /// Failures.
    pub failures: u64,
    /// Seconds during which requests were under way.
    pub exposed: f64,
    /// How often they come.
    pub rate: Rate,
    /// Seconds from a failure to the start of the next request that succeeds, if the log tells.
    pub repair: Option<Estimate>,
}

impl Outages {
    /// The same where another reading of the log may be the true one. What that cannot tell stays
    /// untold.
    pub fn as_open_as(self, other: Outages) -> Outages {
        let rate = match (self.rate, other.rate) {
            (Rate::Known(rate), Rate::Known(other)) => Rate::Known(rate.as_open_as(other)),
            (rate, _) => rate,
        };
        let repair = self.repair.zip(other.repair).map(|(repair, other)| repair.as_open_as(other));
        Outages { rate, repair, ..self }
    }
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
        /// How much more a row costs in chunks of the log's mean size than in the best: 0.07 is 7
        /// %.
        excess: Estimate,
        /// Only the sizes that the log has were compared, by what their answers took, as these lie
        /// on no line that tells more.
        within_log: bool,
    },
    /// Nothing in the log limits a chunk; below this many rows, overhead costs more than failures
    /// could.
    AtLeast(f64),
}

impl Advice {
    /// The same where another reading of the log may be the true one.
    pub fn as_open_as(self, other: Advice) -> Advice {
        match (self, other) {
            (
                Advice::Rows { best, flat, excess, within_log },
                Advice::Rows { best: of_other, excess: more, .. },
            ) => Advice::Rows {
                best: best.as_open_as(of_other),
                flat,
                excess: excess.as_open_as(more),
                within_log,
            },
            (advice, _) => advice,
        }
    }
}

/// What no log tells, and somebody who knows the round trip does.
pub const UNTOLD_ROUND_TRIP: &str =
    "what of the overhead is round trip and what is backend: give --rtt, or move it in the scenario";

/// What a request log says, and what it cannot tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// The log's name.
    pub source: String,
    /// What is in it.
    pub census: Census,
    /// What answers cost, if their sizes tell.
    pub costs: Option<Costs>,
    /// What is known of failures; absent without any time of transfer.
    pub outages: Option<Outages>,
    /// The recommended chunk.
    pub advice: Option<Advice>,
    /// What the log cannot tell, and why.
    pub unknown: Vec<String>,
    /// What a reader should know of the figures.
    pub notes: Vec<String>,
}
