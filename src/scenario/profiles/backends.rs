//! The library of backends.

use std::sync::LazyLock;

use super::{ESTIMATE, Profile, profile};

/// The names of the library's backends.
pub(in super::super) const NAMES: &[&str] = &["sql-modern", "sap-odata", "hospital"];

const SAP: &str = "estimate; SAP Gateway was measured at 1.8 ms a row in all (SAP community, 2015)";
const BAPI: &str = "estimate; a BAPI takes 50 to 200 ms";
const CAPS: &str = "page caps in the field: 100, 500, 1000, 2000, 5000";
const TIMEOUTS: &str = "gateway timeouts in the field: 30 to 120 s";

pub(super) static BACKENDS: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    let row = |name, source, fixed, per_row, write: (&str, &str, &'static str), timeout| {
        let figures = vec![
            ("workers", "8", ESTIMATE),
            ("fixed_cost", fixed, source),
            ("row_cost", per_row, source),
            ("write_fixed_cost", write.0, write.2),
            ("write_row_cost", write.1, write.2),
            ("page_cap", "1000", CAPS),
            ("gateway_timeout", timeout, TIMEOUTS),
        ];
        profile(name, figures)
    };
    vec![
        row(NAMES[0], ESTIMATE, "15ms", "40us", ("20ms", "1ms", ESTIMATE), "30s"),
        row(NAMES[1], SAP, "150ms", "500us", ("50ms", "10ms", BAPI), "1m"),
        row(NAMES[2], SAP, "150ms", "500us", ("50ms", "10ms", BAPI), "30s"),
    ]
});
