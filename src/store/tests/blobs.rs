use super::*;
use crate::contract::{Attachment, Part};

#[test]
fn any_stretch_of_an_attachment_is_what_was_made() {
    let (store, key) = (store(), Key::new("k"));
    let photo = Attachment { least: 100_000, most: 100_000, thumbnail: None };
    store.transaction(|tx| Blobs::of(tx).make()).unwrap();
    for other in ["before", "k", "behind"] {
        store.transaction(|tx| Blobs::of(tx).put(TASK, &Key::new(other), photo)).unwrap();
    }
    let blobs = store.read(|tx| Blobs::of(tx).waiting(false)).unwrap();
    assert_eq!(blobs.iter().map(|blob| blob.total).collect::<Vec<_>>(), [100_000; 3]);
    let made = photo.bytes(&key, Part::Whole);
    for (from, most) in [(0, 7), (0, 0), (32_767, 2), (32_768, 40_000), (60_000, 99_999), (100_000, 5)] {
        let read = store.read(|tx| Blobs::of(tx).bytes(blobs[1].seq, from, most)).unwrap();
        let end = made.len().min((from + most) as usize);
        assert!(read == made[from as usize..end], "{most} from {from}: {}", read.len());
    }
    store.transaction(|tx| Blobs::of(tx).let_go(blobs[1].seq)).unwrap();
    let left = |seq| store.read(|tx| Blobs::of(tx).bytes(seq, 0, u64::MAX)).unwrap().len();
    assert_eq!(blobs.iter().map(|blob| left(blob.seq)).collect::<Vec<_>>(), [100_000, 0, 100_000]);
}

#[test]
fn what_is_in_doubt_is_so_until_the_server_speaks() {
    let (store, key) = (store(), Key::new("k"));
    let photo = Attachment { least: 10, most: 10, thumbnail: None };
    store.transaction(|tx| Blobs::of(tx).make()).unwrap();
    store.transaction(|tx| Blobs::of(tx).put(TASK, &key, photo)).unwrap();
    let blob = || store.read(|tx| Blobs::of(tx).waiting(false)).unwrap().remove(0);
    assert!(!blob().in_doubt);
    store.transaction(|tx| Blobs::of(tx).doubt(TASK, &key)).unwrap();
    assert_eq!((blob().in_doubt, blob().sent), (true, 0));
    let seq = blob().seq;
    store.transaction(|tx| Blobs::of(tx).note(seq, 4)).unwrap();
    assert_eq!((blob().in_doubt, blob().sent), (false, 4));
}
