//! A log of requests as a CSV that `calibrate` reads.

use std::io::{self, Write};

use crate::base::Stamp;
use crate::contract::RequestKind;
use crate::world::{Ended, LoggedRequest};

/// Writes `requests` with a header, in the order of their starts; `began` is the wall clock at
/// virtual time zero. Columns: start (RFC 3339), device, kind, rows and bytes of the answer,
/// `duration_ms`, outcome.
pub fn requests(requests: &[LoggedRequest], began: Stamp, out: impl Write) -> io::Result<()> {
    let mut sorted: Vec<&LoggedRequest> = requests.iter().collect();
    sorted.sort_by_key(|request| (request.at, request.device));
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(["start", "device", "kind", "rows", "bytes", "duration_ms", "outcome"])?;
    for request in sorted {
        let micros = began.0.saturating_add(i64::try_from(request.at.0 / 1_000).unwrap_or(i64::MAX));
        let start = jiff::Timestamp::from_microsecond(micros).unwrap_or(jiff::Timestamp::MAX);
        let us = request.took.0 / 1_000;
        writer.write_record([
            &format!("{start:.6}"),
            &format!("d{}", request.device.0),
            kind(request.kind),
            &request.rows.to_string(),
            &request.bytes.to_string(),
            &format!("{}.{:03}", us / 1_000, us % 1_000),
            outcome(request.ended),
        ])?;
    }
    writer.flush()
}

fn kind(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Pull => "pull",
        RequestKind::Push => "push",
        RequestKind::Fetch => "fetch",
        RequestKind::Sync => "sync",
    }
}

fn outcome(ended: Ended) -> &'static str {
    match ended {
        Ended::Answered => "ok",
        Ended::Cut => "reset",
        Ended::TimedOut => "timeout",
        Ended::Refused => "refused",
        Ended::NotSent => "offline",
    }
}
