//! The requests of a log.

use std::collections::BTreeMap;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A useful response came.
    Answered,
    /// The connection broke.
    Cut,
    /// No response in time.
    TimedOut,
    /// The server refused it, or the app gave it up: no failure of the link.
    Refused,
    /// It never left.
    NotSent,
}

/// A line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Request {
    /// Seconds since some beginning.
    pub(super) start: f64,
    pub(super) device: u32,
    /// Zero where the log does not tell, as it need not of a failure; so are bytes.
    pub(super) rows: f64,
    pub(super) bytes: f64,
    /// Seconds; `None` if the log does not tell, as it need not of a failure.
    pub(super) duration: Option<f64>,
    pub(super) outcome: Outcome,
}

impl Request {
    pub(super) fn took(&self) -> f64 {
        self.duration.unwrap_or(0.0)
    }

    pub(super) fn end(&self) -> f64 {
        self.start + self.took()
    }

    pub(super) fn fails(&self) -> bool {
        matches!(self.outcome, Outcome::Cut | Outcome::TimedOut)
    }
}

/// A column of few values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Labels {
    pub(super) column: String,
    pub(super) values: Vec<String>,
    /// The value of each request.
    pub(super) of: Vec<u8>,
}

/// A log in the order of its starts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Log {
    pub(super) requests: Vec<Request>,
    /// How many devices, if a column tells them apart.
    pub(super) devices: Option<u64>,
    pub(super) has_bytes: bool,
    /// Columns of few values beside those that are read.
    pub(super) labels: Vec<Labels>,
    /// The column whose values get a fit each.
    pub(super) by: Option<Labels>,
}

impl Log {
    /// These of its lines, in this order.
    pub(super) fn of_lines(&self, lines: &[usize]) -> Log {
        let labels =
            |labels: &Labels| Labels { of: lines.iter().map(|n| labels.of[*n]).collect(), ..labels.clone() };
        let mut numbers = BTreeMap::new();
        let mut request = |n: &usize| {
            let request = self.requests[*n];
            let next = numbers.len() as u32;
            Request { device: *numbers.entry(request.device).or_insert(next), ..request }
        };
        Log {
            requests: lines.iter().map(&mut request).collect(),
            devices: self.devices.map(|_| numbers.len() as u64),
            has_bytes: self.has_bytes,
            labels: self.labels.iter().map(labels).collect(),
            by: self.by.as_ref().map(labels),
        }
    }

    /// The lines of each value of the column `by`, by name.
    pub(super) fn split(&self) -> Vec<(String, Log)> {
        let Some(by) = &self.by else { return Vec::new() };
        let of = |(at, value): (usize, &String)| {
            let lines: Vec<usize> = (0..by.of.len()).filter(|n| by.of[*n] as usize == at).collect();
            (value.clone(), self.of_lines(&lines))
        };
        let mut parts: Vec<(String, Log)> = by.values.iter().enumerate().map(of).collect();
        parts.sort_by(|a, b| a.0.cmp(&b.0));
        parts
    }
}
