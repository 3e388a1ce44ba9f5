//! Whatever a row holds comes back as it was; what unpacks to more than it says is an error.

use proptest::prelude::*;

use super::*;
use crate::base::json::encode_cells;
use crate::base::{Cell, EntityId, Stamp, Value};

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_filter("a number", |x| x.is_finite()).prop_map(Value::Real),
        any::<String>().prop_map(|text| Value::text(&text)),
        "[ -~\\x00-\\x1f\"\\\\<&>é\u{2028}𝄞]{0,40}".prop_map(|text| Value::text(&text)),
        "(ab c){0,300}".prop_map(|text| Value::text(&text)),
    ]
}

/// Each row as `row` and as `kept_row` write it.
fn page(codec: &dyn Codec, rows: &[(String, Vec<Value>)]) -> Vec<u8> {
    let mut writer = codec.pages(Asked(9));
    writer.begin_page(EntityId(3));
    for (key, values) in rows {
        let columns: Vec<usize> = (0..values.len()).collect();
        writer.row(key, Stamp(-1), Some(Projected { values, columns: &columns }));
        writer.kept_row(key, Stamp(1), &encode_cells(values.iter()));
    }
    writer.withheld("last");
    writer.end_page("c", false);
    writer.finish()
}

fn coding(packing: Packing) -> &'static dyn Codec {
    packed("json", Coding { packing, ..Coding::default() }).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_row_comes_back_as_it_was_in_every_codec(
        rows in prop::collection::vec((any::<String>(), prop::collection::vec(value(), 1..6)), 0..6),
    ) {
        for codec in all() {
            let opened = codec.open(page(codec, &rows)).unwrap();
            let answer = codec.decode_answer(&opened).unwrap().unwrap();
            let read = answer.pages[0].rows.iter();
            let came: Vec<(String, Vec<Value>)> = read.map(|row| {
                let values = row.values.unwrap_or_default().iter().map(Cell::to_value).collect();
                (row.key.to_owned(), values)
            }).collect();
            let sent: Vec<(String, Vec<Value>)> = rows.iter().flat_map(|row| [row.clone(), row.clone()]).collect();
            prop_assert_eq!(came, sent, "{:?}", codec);
        }
    }

    #[test]
    fn a_packed_message_that_was_touched_is_never_read_as_another(
        at in any::<prop::sample::Index>(),
        flip in 1..=255_u8,
        cut in any::<bool>(),
    ) {
        let rows: Vec<_> = (0..40).map(|n| (format!("key {n}"), vec![Value::text("some text"), Value::Int(n)])).collect();
        for codec in [Packing::Gzip, Packing::Zstd].map(coding) {
            let mut message = page(codec, &rows);
            let whole = codec.open(message.clone()).unwrap();
            let at = at.index(message.len());
            if cut { message.truncate(at) } else { message[at] ^= flip }
            if let Ok(opened) = codec.open(message)
                && let Ok(Ok(_)) = codec.decode_answer(&opened)
            {
                prop_assert!(opened == whole);
            }
        }
    }
}

#[test]
fn a_message_depends_on_none_that_was_packed_before_it() {
    for codec in [Packing::Gzip, Packing::Zstd].map(coding) {
        let [one, other] =
            ["a", "b"].map(|text| vec![(text.repeat(900), vec![Value::text(&text.repeat(900))])]);
        let first = page(codec, &one);
        _ = page(codec, &other);
        _ = codec.open(first[..first.len() / 2].to_vec());
        assert_eq!(page(codec, &one), first);
        assert!(codec.open(first).is_ok());
    }
}

#[test]
fn a_size_beyond_all_is_an_error_before_anything_is_unpacked() {
    // A frame of one segment whose size takes eight bytes: 2^60.
    let mut frame = b"\x28\xb5\x2f\xfd\xe0".to_vec();
    frame.extend_from_slice(&(1_u64 << 60).to_le_bytes());
    frame.extend_from_slice(&[1; 64]);
    let said = coding(Packing::Zstd).open(frame).unwrap_err().to_string();
    assert!(said.contains("1152921504606846976"), "{said}");
    let mut gzip = page(coding(Packing::Gzip), &[("k".repeat(900), vec![Value::Null])]);
    let end = gzip.len();
    gzip[end - 4..].copy_from_slice(&u32::MAX.to_le_bytes());
    let said = coding(Packing::Gzip).open(gzip.clone()).unwrap_err().to_string();
    assert!(said.contains("4294967295"), "{said}");
    gzip[end - 4..].copy_from_slice(&100_u32.to_le_bytes());
    assert!(coding(Packing::Gzip).open(gzip).is_err(), "it unpacks to more than it says");
}

#[test]
fn a_limit_on_what_is_sent_takes_more_rows_than_one_on_what_is_written() {
    let bytes = |counts| {
        let coding = Coding { packing: Packing::Gzip, counts, ..Coding::default() };
        let mut writer = packed("json", coding).unwrap().pages(Asked(1));
        writer.begin_page(EntityId(0));
        let (values, columns) = ([Value::text("the same text in each row")], [0]);
        for n in 0..2_000 {
            writer.row(&n.to_string(), Stamp(n), Some(Projected { values: &values, columns: &columns }));
        }
        (writer.bytes(), writer.finish().len() as u64)
    };
    let ((plain, _), (counted, sent)) = (bytes(BytesCount::Plain), bytes(BytesCount::Sent));
    assert!(plain > 3 * counted, "{plain} and {counted}");
    assert!(counted.abs_diff(sent) * 5 < sent, "{counted} for {sent}");
}

#[test]
fn a_request_goes_plain_to_a_server_that_takes_no_packed_one() {
    let request = Request::Fetch(FetchRequest {
        device: crate::base::DeviceId(1),
        entity: EntityId(0),
        of: crate::base::Key::new(&"a key ".repeat(99)),
        rows: 9,
    });
    let length = |packs| {
        let coding = Coding { packing: Packing::Gzip, packs, ..Coding::default() };
        let codec = packed("json", coding).unwrap();
        let bytes = codec.encode_request(&request);
        assert_eq!(codec.decode_request(&bytes).unwrap(), request);
        bytes.len()
    };
    assert!(length(Packs::Both) * 3 < length(Packs::Answers));
}

#[test]
fn another_codecs_message_is_no_message() {
    let rows = [("k".to_owned(), vec![Value::text(&"text ".repeat(99)), Value::Int(5)])];
    for (codec, other) in all().flat_map(|codec| all().map(move |other| (codec, other))) {
        let format = |codec: &dyn Codec| codec.content_type().split(';').next();
        let same_format = format(codec) == format(other);
        let same_packing = codec.coding().packing == other.coding().packing;
        if same_format && (same_packing || other.coding().packing == Packing::None) {
            continue;
        }
        let opened = codec.open(page(other, &rows));
        let read = opened.as_ref().map(|opened| codec.decode_answer(opened).is_ok());
        assert!(!read.unwrap_or(false), "{other:?} is read as {codec:?}");
    }
}
