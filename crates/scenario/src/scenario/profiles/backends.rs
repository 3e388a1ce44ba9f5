//! The library of backends.

use std::sync::LazyLock;

use super::figures::{ESTIMATE, Profile, Row, profile};

pub(in super::super) const NAMES: &[&str] =
    &["sql-modern", "sap-odata", "hospital", "dataverse", "business-central", "salesforce", "netsuite"];

const READS: &str = "fixed_cost scan_cost row_cost";
const WRITES: &str = "write_fixed_cost write_row_cost";

type Costs = [Row; 2];

/// Costs of a query that uses an index, over a kept-alive connection.
const SQL: Costs = [
    (READS, "15ms 5us 35us", "estimate: 15 ms, and 20 to 50 us per row in all"),
    (WRITES, "20ms 1ms", ESTIMATE),
];
/// Measured: 10 000 entities, 20.3 MB of JSON, in 18.2 s. That is 0.15 s + 10 000 × (0.105 ms + 1.7
/// ms).
const SAP: Costs = [(READS, "150ms 105us 1700us", SAP_MEASURED), (WRITES, "50ms 10ms", BAPI)];
/// Costs of an OData service that does less work per row than the measured one.
const ODATA: Costs = [
    (READS, "150ms 50us 450us", "estimate: 50 to 500 ms, and 0.5 to 2 ms per row in all"),
    (WRITES, "50ms 10ms", BAPI),
];

const SAP_MEASURED: &str = "SAP Gateway and SMP 3: 10 000 entities in 18.2 s, 1.8 ms per row in all (SAP community, 2015); the parts are estimates";
const BAPI: &str = "estimate; a BAPI takes 50 to 200 ms";
const CAPS: &str = "page caps in the field: 100, 500, 1000, 2000, 5000";
const TIMEOUTS: &str = "gateway timeouts in the field: 30 to 120 s";
const DATAVERSE: &str = "Microsoft, service protection API limits: 6000 requests, 1200 s of execution in 5 min, 52 at once, for a user";
const CENTRAL: &str = "Microsoft, Business Central API limits: 600 per minute for a production environment, pages of 20 000, 10 min per request";
const SALESFORCE: &str =
    "Salesforce, REST API: 2000 rows per page, 100 000 calls in 24 h for an organisation";
const NETSUITE: &str = "NetSuite, SuiteTalk REST: 1000 rows per page, 15 at once for an account";

fn backend(name: &str, costs: &Costs, limits: &[Row]) -> Profile {
    let workers = ("workers", "8", ESTIMATE);
    let noise = ("service_cv", "0.5", "estimate: log-normal, 0.5 to 2");
    profile(name, [workers].iter().chain(costs).chain([&noise]).chain(limits))
}

const QUOTA: &str = "quota.by quota.per quota.requests";

pub(super) static BACKENDS: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    let limits = |page_cap, source, timeout| [("page_cap", page_cap, source), timeout];
    let half_a_minute = ("gateway_timeout", "30s", TIMEOUTS);
    let two_minutes = ("gateway_timeout", "2m", TIMEOUTS);
    let dataverse = [
        ("quota.by quota.per quota.requests quota.execution", "device 5m 6000 20m", DATAVERSE),
        ("quota.concurrent", "52", DATAVERSE),
    ];
    let central = [("page_cap gateway_timeout", "20000 10m", CENTRAL), (QUOTA, "all 1m 600", CENTRAL)];
    let salesforce = (QUOTA, "all 24h 100000", SALESFORCE);
    let netsuite = ("quota.by quota.concurrent", "all 15", NETSUITE);
    vec![
        backend(NAMES[0], &SQL, &limits("1000", CAPS, half_a_minute)),
        backend(NAMES[1], &SAP, &limits("10000", SAP_MEASURED, ("gateway_timeout", "1m", TIMEOUTS))),
        backend(NAMES[2], &ODATA, &limits("1000", CAPS, half_a_minute)),
        backend(NAMES[3], &ODATA, &[&limits("5000", DATAVERSE, two_minutes)[..], &dataverse].concat()),
        backend(NAMES[4], &ODATA, &central),
        backend(NAMES[5], &ODATA, &[&limits("2000", SALESFORCE, two_minutes)[..], &[salesforce]].concat()),
        backend(NAMES[6], &ODATA, &[&limits("1000", NETSUITE, two_minutes)[..], &[netsuite]].concat()),
    ]
});
