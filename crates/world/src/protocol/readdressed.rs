//! Converts a response with pages into the response to another request for the same pages.

use super::answer::{Projected, WireRow};
use super::codec::Codec;
use super::damaged::Damaged;
use super::message::Asked;
use super::pages::PageWriter;
use crate::base::{Cell, Value};

/// A response with the same pages to the request `asked`.
///
/// # Errors
/// The bytes are not a response with pages.
pub(crate) fn readdressed(codec: Codec, message: Vec<u8>, asked: Asked) -> Result<Vec<u8>, Damaged> {
    let opened = codec.open(message)?;
    let answer = codec.decode_answer(&opened)?;
    let answer = answer.map_err(|error| Damaged(format!("an error in place of pages: {error}")))?;
    let mut writer = codec.pages(asked);
    for page in &answer.pages {
        writer.begin_page(page.entity);
        page.rows.iter().for_each(|row| write_row(&mut writer, row));
        writer.undone(&page.undone);
        page.withheld.iter().for_each(|key| writer.withheld(key));
        page.unseen.into_iter().for_each(|stamp| writer.unseen_from(stamp));
        page.ids.into_iter().for_each(|(first, count)| writer.ids(first, count));
        writer.end_page(&page.cursor, page.more);
    }
    Ok(writer.finish())
}

fn write_row(writer: &mut PageWriter, row: WireRow<'_>) {
    let values: Option<Vec<Value>> = row.values.map(|cells| cells.iter().map(Cell::to_value).collect());
    let columns: Vec<usize> = (0..values.as_ref().map_or(0, Vec::len)).collect();
    let values = values.as_deref().map(|values| Projected { values, columns: &columns });
    match (row.part, values) {
        (Some(part), Some(values)) => writer.part(part, row.key, row.stamp, values),
        (_, values) => writer.row(row.key, row.stamp, values),
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer::Part;
    use super::super::list;
    use super::super::message::PullRequest;
    use super::*;
    use crate::base::{DeviceId, EntityId, Stamp};

    #[test]
    fn pages_stay_what_they_are_under_another_address() {
        let values = [Value::Int(7), Value::Text("a \" b".into()), Value::Null];
        let columns = [0, 1, 2];
        for name in list::NAMES {
            let codec = list::packed(name, Default::default()).expect("it is listed");
            let written = |asked| {
                let mut writer = codec.pages(asked);
                writer.begin_page(EntityId(1));
                writer.row("k", Stamp(5), Some(Projected { values: &values, columns: &columns }));
                writer.row("gone", Stamp(6), None);
                let part = Part { base: Stamp(4), columns: 1 };
                writer.part(part, "p", Stamp(7), Projected { values: &values, columns: &columns[..1] });
                writer.withheld("w");
                writer.ids(10, 3);
                writer.end_page("cursor", true);
                writer.finish()
            };
            let asks = |clock| PullRequest { clock: Stamp(clock), ..PullRequest::new(DeviceId(0), vec![]) };
            let [one, other] = [1_700_000_000_000_000, 1_700_000_030_000_000].map(|at| asks(at).asked());
            let again = readdressed(codec, written(one), other).expect("it is a response");
            assert_eq!(again, written(other), "{name}");
        }
    }
}
