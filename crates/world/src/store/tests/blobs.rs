use super::*;
use crate::contract::{Attachment, Part};
use crate::store;

#[test]
fn any_stretch_of_an_attachment_is_what_was_made() {
    let (store, key) = (store(), Key::new("k"));
    let photo = Attachment { least: 100_000, most: 100_000, thumbnail: None };
    store.transaction(|tx| tx.make(store::blobs::TABLES)).unwrap();
    for other in ["before", "k", "behind"] {
        store.transaction(|tx| store::blobs::put(tx, TASK, &Key::new(other), photo)).unwrap();
    }
    let blobs = store.read(|tx| store::blobs::waiting(tx, false)).unwrap();
    assert_eq!(blobs.iter().map(|blob| blob.total).collect::<Vec<_>>(), [100_000; 3]);
    let made = photo.bytes(&key, Part::Whole);
    for (from, most) in [(0, 7), (0, 0), (32_767, 2), (32_768, 40_000), (60_000, 99_999), (100_000, 5)] {
        let read = store.read(|tx| store::blobs::bytes(tx, blobs[1].seq, from, most)).unwrap();
        let end = made.len().min((from + most) as usize);
        assert!(read == made[from as usize..end], "{most} from {from}: {}", read.len());
    }
    store.transaction(|tx| store::blobs::let_go(tx, blobs[1].seq)).unwrap();
    let left = |seq| store.read(|tx| store::blobs::bytes(tx, seq, 0, u64::MAX)).unwrap().len();
    assert_eq!(blobs.iter().map(|blob| left(blob.seq)).collect::<Vec<_>>(), [100_000, 0, 100_000]);
}
