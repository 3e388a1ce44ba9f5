//! How messages are coded.

use super::{MINIMAL, complaint};

#[test]
fn a_packer_that_the_gateway_does_not_know_is_refused() {
    let said = complaint(MINIMAL, &["engine.compression=\"zstd\"", "gateway.compressions=[\"gzip\"]"]);
    assert!(said.contains("the gateway cannot unpack \"zstd\""), "{said}");
    assert!(said.contains("add \"zstd\" to `gateway.compressions`"), "{said}");
    let unknown = complaint(MINIMAL, &["engine.compression=\"gzp\""]);
    assert!(unknown.contains("did you mean `gzip`?"), "{unknown}");
}

#[test]
fn a_page_that_would_be_taken_for_a_bomb_is_refused() {
    let said = complaint(MINIMAL, &["engine.compression=\"gzip\"", "engine.pull.chunk_bytes=\"200MiB\""]);
    assert!(said.contains("at most 128.0MiB"), "{said}");
}
