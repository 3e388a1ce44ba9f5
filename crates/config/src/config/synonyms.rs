//! Synonyms: words of databases, platforms and mobile networks that have another name here.
//!
//! An error message suggests our name where spelling alone does not find it, if our name is allowed
//! there.

/// Left: other products' words, separated by blanks, with lower-case letters and digits only.
/// Right: our names, the likeliest first.
const SYNONYMS: &[(&str, &[&str])] = &[
    // Column types.
    ("uuid guid uniqueidentifier identifier objectid", &["uuid key"]),
    ("autonumber serial bigserial longintegeridentifier integeridentifier", &["int key"]),
    ("varchar varchar2 nvarchar nvarchar2 char nchar character string str phonenumber email", &["text"]),
    ("ntext clob nclob longtext mediumtext memo", &["long-text"]),
    ("boolean bit yesno truefalse logical", &["bool"]),
    ("integer smallint tinyint mediumint int32 int16 number count", &["int"]),
    ("long longinteger bigint longint int8", &["int64"]),
    ("numeric money currency dec", &["decimal"]),
    ("float double doubleprecision single number", &["real"]),
    ("datetime datetime2 datetimeoffset timestamptz smalldatetime instant moment", &["timestamp"]),
    ("binary varbinary binarydata bytea bytes image raw file", &["blob"]),
    ("enum enumeration choice picklist staticentity optionset", &["one of"]),
    ("fk foreignkey reference references lookup relation", &["ref"]),
    // Links.
    ("lte 4g 4glte mobile cellular cell", &["lte-good"]),
    ("edge 2g gprs gsm", &["edge"]),
    ("3g umts hspa hsdpa wcdma", &["3g-hspa"]),
    ("5g nr 5gnr", &["5g-sub6"]),
    ("wifi wlan ethernet lan cable wired broadband fiber fibre dsl", &["wifi-good"]),
    ("satellite vsat", &["geo"]),
    ("starlink", &["leo"]),
    ("train car driving", &["lte-driving"]),
    // Devices and their platforms.
    ("lowend entry cheap slow", &["low"]),
    ("midrange medium average phone tablet android ios", &["mid"]),
    ("highend high fast premium", &["flagship"]),
    ("desktop pc notebook", &["laptop"]),
    // Conflicts.
    ("lww lastwrite lastwriterwins latestwins newestwins", &["last-write-wins"]),
    ("arrival lastarrival", &["last-arrival-wins"]),
    ("client local localwins devicewins clientalwayswins", &["client-wins"]),
    ("server remote remotewins backendwins firstwritewins", &["server-wins"]),
    ("merge automerge columnmerge propertymerge", &["field-merge"]),
    ("ask prompt user userdecides isconflict", &["manual"]),
    ("custom customcode handler", &["callback"]),
    ("off no never disabled", &["none"]),
    // Edits, triggers, deliveries.
    ("insert add new post", &["create"]),
    ("edit change modify patch put", &["update"]),
    ("remove destroy softdelete", &["delete"]),
    ("onlogin signin logon", &["login"]),
    ("ononline connect connected reconnect networkavailable", &["online"]),
    ("onresume foreground activate", &["resume"]),
    ("startup launch splash appstart", &["start"]),
    ("onsave submit commit", &["save"]),
    ("timer interval periodic cron schedule", &["every"]),
    ("pulltorefresh button", &["manual"]),
    ("ondemand lazy onopen", &["on-open of"]),
    ("pushonly uploadonly", &["upload-only"]),
    ("serveronly none", &["backend-only"]),
    // Stores, formats, servers.
    ("metered", &["unmetered"]),
    ("ismodified isfromserver isactive dirtyflag dirty flags flag", &["dirty-flags"]),
    ("updatedon modifiedon lastmodified timestamp", &["updated-after-last-sync", "last_modified"]),
    ("queue log", &["outbox", "change_log"]),
    ("gz deflate", &["gzip"]),
    ("zstandard", &["zstd"]),
    ("overtheair otasync direct online", &["ota"]),
    ("persistentsync replica replicated cached", &["persistent"]),
    ("postgres postgresql mysql sqlserver mssql oracle sql mariadb", &["sql-modern"]),
    ("sap s4hana", &["sap-odata"]),
    ("dynamics dynamics365 crm", &["dataverse"]),
    ("o11 odc outsystems11", &["outsystems"]),
    ("kony hcl voltmxfoundry foundry offlineobjects", &["volt-mx"]),
    ("pouch couchdb", &["pouchdb"]),
    ("watermelon nozbe", &["watermelondb"]),
    ("powerapps powerplatform canvasapp modeldriven", &["power-apps"]),
    ("salesforce mobilesync smartsync smartstore forcedotcom", &["salesforce-mobile", "salesforce"]),
    ("couchbase", &["couchbase-lite"]),
    ("azuremobileapps", &["datasync"]),
];

pub(super) fn plain(word: &str) -> String {
    let word = word.split('(').next().unwrap_or(word);
    word.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// The first of `candidates` that is a synonym of `word`.
pub(super) fn synonym<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let word = plain(word);
    let meant = SYNONYMS.iter().filter(|(theirs, _)| theirs.split(' ').any(|one| one == word));
    let mut ours = meant.flat_map(|(_, ours)| *ours);
    ours.find_map(|one| candidates.iter().find(|candidate| *candidate == one)).copied()
}
