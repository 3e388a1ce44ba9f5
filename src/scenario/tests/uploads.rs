//! What servers cannot remember of uploads.

use super::{MINIMAL, complaint};

#[test]
fn what_a_server_cannot_remember_is_refused() {
    for (more, wanted) in [
        (
            "[gateway]\nmode = \"persistent\"\nupload_cache = {}",
            ["has a queue of uploads", "`gateway.refresh.kept`"],
        ),
        ("[gateway]\nupload_cache.kept = \"30m\"", ["would go again after 30m", "shorter than `kept`"]),
        ("[gateway]\nupload_cache.wait = \"31m\"", ["would wait beyond 30m", "`resubmit`"]),
        ("[backend]\nidempotency = \"0s\"", ["`backend.idempotency`", "\"forever\""]),
        ("[backend]\nidempotency = \"for ever\"", ["`backend.idempotency`", "\"forever\""]),
    ] {
        let said = complaint(&format!("{MINIMAL}\n{more}\n"), &[]);
        for part in wanted {
            assert!(said.contains(part), "{more}\n{said}");
        }
    }
}
