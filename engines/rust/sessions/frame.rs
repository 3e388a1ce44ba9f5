//! The messages between the halves: changesets, and the verdicts on edits.

use syncdyno::contract::{EditId, EntityId, Key, Stamp};

use crate::document::{Reader, Verdict, Writer, answered};

#[derive(Debug, Default, PartialEq)]
pub(super) struct Ask {
    /// The phone's position in the server's log of changesets.
    pub(super) cursor: u64,
    /// The edits that wait, each with its changeset, in order.
    pub(super) edits: Vec<(EditId, Vec<u8>)>,
}

#[derive(Debug, Default, PartialEq)]
pub(super) struct Answer {
    pub(super) cursor: u64,
    pub(super) verdicts: Vec<(EditId, Verdict)>,
    /// The rows deleted since the request's cursor, with their stamps. A changeset does not have
    /// these stamps.
    pub(super) gone: Vec<(EntityId, Key, Stamp)>,
    /// The server's log since the request's cursor, as one changeset.
    pub(super) changes: Vec<u8>,
}

impl Ask {
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.numbers(&[self.cursor, self.edits.len() as u64]);
        for (edit, changes) in &self.edits {
            out.edit(*edit);
            out.bytes(changes);
        }
        out.0
    }
    /// Reads a request; `None` if the bytes are not a request.
    pub(super) fn read(bytes: &[u8]) -> Option<Ask> {
        let mut from = Reader(bytes);
        let [cursor, count] = from.numbers()?;
        let edits =
            (0..count).map(|_| Some((from.edit()?, from.bytes()?.to_vec()))).collect::<Option<_>>()?;
        Some(Ask { cursor, edits })
    }
}

impl Answer {
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = Writer(vec![0]);
        out.numbers(&[self.cursor, self.verdicts.len() as u64]);
        for (edit, verdict) in &self.verdicts {
            out.edit(*edit);
            out.verdict(verdict);
        }
        out.number(self.gone.len() as u64);
        for (entity, key, stamp) in &self.gone {
            out.number(u64::from(entity.0));
            out.bytes(key.as_str().as_bytes());
            out.number(stamp.0 as u64);
        }
        out.bytes(&self.changes);
        out.0
    }
    /// Reads a response.
    ///
    /// # Errors
    /// The errors of [`answered`].
    pub(super) fn read(bytes: &[u8]) -> Result<Answer, Option<String>> {
        answered(bytes, Answer::read_rest)
    }
    fn read_rest(mut from: Reader<'_>) -> Option<Answer> {
        let [cursor, count] = from.numbers()?;
        let verdicts = (0..count).map(|_| Some((from.edit()?, from.verdict()?))).collect::<Option<_>>()?;
        let count = from.number()?;
        let mut gone = Vec::new();
        for _ in 0..count {
            let entity = EntityId(u16::try_from(from.number()?).ok()?);
            let key = Key::new(str::from_utf8(from.bytes()?).ok()?);
            gone.push((entity, key, Stamp(from.number()? as i64)));
        }
        Some(Answer { cursor, verdicts, gone, changes: from.bytes()?.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncdyno::contract::DeviceId;

    #[test]
    fn requests_and_answers_come_back_as_they_were() {
        let edit = |number| EditId { device: DeviceId(300), number };
        let ask = Ask { cursor: 1 << 40, edits: vec![(edit(1), vec![1, 2]), (edit(70_000), vec![])] };
        let bytes = ask.bytes();
        assert!((0..bytes.len()).all(|len| Ask::read(&bytes[..len]).is_none()));
        assert_eq!(Ask::read(&bytes), Some(ask));
        let stamp = Stamp(1_700_000_000_000_001);
        let verdicts = vec![(edit(1), Verdict::Done(stamp)), (edit(2), Verdict::GaveWay(Stamp(0)))];
        let gone = vec![(EntityId(3), Key::new("é"), stamp)];
        let answer = Answer { cursor: 9, verdicts, gone, changes: vec![7; 200] };
        let bytes = answer.bytes();
        assert!((0..bytes.len()).all(|len| Answer::read(&bytes[..len]) == Err(None)));
        assert_eq!(Answer::read(&bytes), Ok(answer));
    }
}
