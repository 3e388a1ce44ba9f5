//! The library of backends.

use std::sync::LazyLock;

use super::figures::{ESTIMATE, Profile, profile};

/// The names of the library's backends.
pub(in super::super) const NAMES: &[&str] =
    &["sql-modern", "sap-odata", "hospital", "dataverse", "business-central", "salesforce", "netsuite"];

/// What the time of a request is made of: fixed, a row looked at, a row delivered, a push, a
/// mutation.
struct Costs {
    source: &'static str,
    fixed: &'static str,
    scan: &'static str,
    row: &'static str,
    write_source: &'static str,
    write_fixed: &'static str,
    write_row: &'static str,
}

/// A query by an index over a kept connection.
const SQL: Costs = Costs {
    source: "estimate: 15 ms, and 20 to 50 us a row in all",
    fixed: "15ms",
    scan: "5us",
    row: "35us",
    write_source: ESTIMATE,
    write_fixed: "20ms",
    write_row: "1ms",
};

/// 10 000 entities, 20.3 MB of JSON, in 18.2 s: 0.15 s + 10 000 × (0.105 ms + 1.7 ms).
const SAP: Costs = Costs {
    source: "SAP Gateway and SMP 3: 10 000 entities in 18.2 s, 1.8 ms a row in all (SAP community, 2015); the parts are estimates",
    fixed: "150ms",
    scan: "105us",
    row: "1700us",
    write_source: BAPI,
    write_fixed: "50ms",
    write_row: "10ms",
};

/// An OData service that does less for a row than the one measured.
const ODATA: Costs = Costs {
    source: "estimate: 50 to 500 ms, and 0.5 to 2 ms a row in all",
    fixed: "150ms",
    scan: "50us",
    row: "450us",
    write_source: BAPI,
    write_fixed: "50ms",
    write_row: "10ms",
};

const BAPI: &str = "estimate; a BAPI takes 50 to 200 ms";
const CAPS: &str = "page caps in the field: 100, 500, 1000, 2000, 5000";
const TIMEOUTS: &str = "gateway timeouts in the field: 30 to 120 s";
const DATAVERSE: &str = "Microsoft, service protection API limits: 6000 requests, 1200 s of execution in 5 min, 52 at once, for a user";
const CENTRAL: &str = "Microsoft, Business Central API limits: 600 a minute for a production environment, pages of 20 000, 10 min a request";
const SALESFORCE: &str = "Salesforce, REST API: 2000 rows a page, 100 000 calls in 24 h for an organisation";
const NETSUITE: &str = "NetSuite, SuiteTalk REST: 1000 rows a page, 15 at once for an account";

/// A figure besides the costs: a key, its value and where it comes from.
type Limit = (&'static str, &'static str, &'static str);

fn backend(name: &str, costs: &Costs, limits: &[Limit]) -> Profile {
    let mut figures = vec![
        ("workers", "8", ESTIMATE),
        ("fixed_cost", costs.fixed, costs.source),
        ("scan_cost", costs.scan, costs.source),
        ("row_cost", costs.row, costs.source),
        ("write_fixed_cost", costs.write_fixed, costs.write_source),
        ("write_row_cost", costs.write_row, costs.write_source),
        ("service_cv", "0.5", "estimate: log-normal, 0.5 to 2"),
    ];
    figures.extend(limits);
    profile(name, figures)
}

pub(super) static BACKENDS: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    let half_a_minute = ("gateway_timeout", "30s", TIMEOUTS);
    let two_minutes = ("gateway_timeout", "2m", TIMEOUTS);
    vec![
        backend(NAMES[0], &SQL, &[("page_cap", "1000", CAPS), half_a_minute]),
        backend(NAMES[1], &SAP, &[("page_cap", "10000", SAP.source), ("gateway_timeout", "1m", TIMEOUTS)]),
        backend(NAMES[2], &ODATA, &[("page_cap", "1000", CAPS), half_a_minute]),
        backend(
            NAMES[3],
            &ODATA,
            &[
                ("page_cap", "5000", DATAVERSE),
                two_minutes,
                ("quota.by", "device", DATAVERSE),
                ("quota.per", "5m", DATAVERSE),
                ("quota.requests", "6000", DATAVERSE),
                ("quota.execution", "20m", DATAVERSE),
                ("quota.concurrent", "52", DATAVERSE),
            ],
        ),
        backend(
            NAMES[4],
            &ODATA,
            &[
                ("page_cap", "20000", CENTRAL),
                ("gateway_timeout", "10m", CENTRAL),
                ("quota.by", "all", CENTRAL),
                ("quota.per", "1m", CENTRAL),
                ("quota.requests", "600", CENTRAL),
            ],
        ),
        backend(
            NAMES[5],
            &ODATA,
            &[
                ("page_cap", "2000", SALESFORCE),
                two_minutes,
                ("quota.by", "all", SALESFORCE),
                ("quota.per", "24h", SALESFORCE),
                ("quota.requests", "100000", SALESFORCE),
            ],
        ),
        backend(
            NAMES[6],
            &ODATA,
            &[
                ("page_cap", "1000", NETSUITE),
                two_minutes,
                ("quota.by", "all", NETSUITE),
                ("quota.concurrent", "15", NETSUITE),
            ],
        ),
    ]
});
