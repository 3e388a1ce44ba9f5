//! The requests and responses that carry a document's own messages.

use syncdyno::contract::{DeviceId, EditId, Stamp, SyncError};

/// A request: one step of a session. A session is an exchange of several requests.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Ask {
    /// The number of the phone's session. `step` is the number of the request in it, from 0.
    pub(super) session: u64,
    pub(super) step: u64,
    /// The number of the last row version that the phone has read.
    pub(super) read: u64,
    /// The edits that wait, each with its position in the document's history.
    pub(super) edits: Vec<(EditId, Vec<u8>)>,
    pub(super) message: Option<Vec<u8>>,
}

/// The server's decision on an edit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// The record (the backend) has the edit.
    Done(Stamp),
    /// The record already had these values.
    Same(Stamp),
    /// The record has these columns of the edit. In the others, the version with this stamp stays.
    Part(Stamp, Vec<usize>),
    /// The version with this stamp replaces the edit.
    GaveWay(Stamp),
    /// The row was created and deleted before the record saw it.
    Never,
}

#[derive(Debug, Default, PartialEq)]
pub(super) struct Answer {
    pub(super) verdicts: Vec<(EditId, Verdict)>,
    pub(super) read: u64,
    pub(super) message: Option<Vec<u8>>,
}

/// The first byte of a refusal. A text follows.
const REFUSED: u8 = 1;

pub(crate) fn refusal(words: &str) -> Vec<u8> {
    [&[REFUSED], words.as_bytes()].concat()
}

/// Reads a response after its first byte.
///
/// # Errors
/// The text of a refusal; `None` if the bytes are not a response.
pub(crate) fn answered<A>(
    bytes: &[u8],
    read: impl FnOnce(Reader<'_>) -> Option<A>,
) -> Result<A, Option<String>> {
    match bytes.split_first() {
        Some((0, rest)) => read(Reader(rest)).ok_or(None),
        Some((&REFUSED, words)) => Err(Some(String::from_utf8_lossy(words).into_owned())),
        _ => Err(None),
    }
}

/// The error of a run that got a refusal, or bytes that are not a response.
pub(crate) fn not_answered(words: Option<String>) -> SyncError {
    let foreign = || SyncError::Corrupt("the answer is somebody else's".to_owned());
    words.map_or_else(foreign, SyncError::Throttled)
}

impl Ask {
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.numbers(&[self.session, self.step, self.read, self.edits.len() as u64]);
        for (edit, mark) in &self.edits {
            out.edit(*edit);
            out.bytes(mark);
        }
        out.message(self.message.as_deref());
        out.0
    }
    /// Reads a request; `None` if the bytes are not a request.
    pub(super) fn read(bytes: &[u8]) -> Option<Ask> {
        let mut from = Reader(bytes);
        let [session, step, read, count] = from.numbers()?;
        let edits =
            (0..count).map(|_| Some((from.edit()?, from.bytes()?.to_vec()))).collect::<Option<_>>()?;
        Some(Ask { session, step, read, edits, message: from.message()? })
    }
}

impl Answer {
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = Writer(vec![0]);
        out.numbers(&[self.read, self.verdicts.len() as u64]);
        for (edit, verdict) in &self.verdicts {
            out.edit(*edit);
            out.verdict(verdict);
        }
        out.message(self.message.as_deref());
        out.0
    }
    /// Reads a response.
    ///
    /// # Errors
    /// The errors of [`answered`].
    pub(super) fn read(bytes: &[u8]) -> Result<Answer, Option<String>> {
        answered(bytes, |mut from| {
            let [read, count] = from.numbers()?;
            let verdicts =
                (0..count).map(|_| Some((from.edit()?, from.verdict()?))).collect::<Option<_>>()?;
            Some(Answer { verdicts, read, message: from.message()? })
        })
    }
}

impl Verdict {
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.verdict(self);
        out.0
    }
    pub(super) fn read(bytes: &[u8]) -> Option<Verdict> {
        Reader(bytes).verdict()
    }
}

/// Writes numbers with 7 bits per byte. Bytes come after their length.
#[derive(Default)]
pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    pub(crate) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }
    pub(crate) fn numbers(&mut self, numbers: &[u64]) {
        numbers.iter().for_each(|number| self.number(*number));
    }
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }
    pub(crate) fn edit(&mut self, edit: EditId) {
        self.numbers(&[u64::from(edit.device.0), u64::from(edit.number)]);
    }
    pub(crate) fn verdict(&mut self, verdict: &Verdict) {
        let (kind, stamp, columns) = match verdict {
            Verdict::Done(stamp) => (0, stamp, &[][..]),
            Verdict::Same(stamp) => (1, stamp, &[][..]),
            Verdict::Part(stamp, columns) => (2, stamp, &columns[..]),
            Verdict::GaveWay(stamp) => (3, stamp, &[][..]),
            Verdict::Never => (4, &Stamp(0), &[][..]),
        };
        self.numbers(&[kind, stamp.0 as u64, columns.len() as u64]);
        columns.iter().for_each(|column| self.number(*column as u64));
    }
    fn message(&mut self, message: Option<&[u8]>) {
        self.number(u64::from(message.is_some()));
        self.0.extend_from_slice(message.unwrap_or_default());
    }
}

pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn number(&mut self) -> Option<u64> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
            shift += 7;
        }
    }
    pub(crate) fn numbers<const N: usize>(&mut self) -> Option<[u64; N]> {
        let mut numbers = [0; N];
        for number in &mut numbers {
            *number = self.number()?;
        }
        Some(numbers)
    }
    pub(crate) fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }
    pub(crate) fn edit(&mut self) -> Option<EditId> {
        let [device, number] = self.numbers()?;
        Some(EditId { device: DeviceId(u32::try_from(device).ok()?), number: u32::try_from(number).ok()? })
    }
    pub(crate) fn verdict(&mut self) -> Option<Verdict> {
        let [kind, stamp, count] = self.numbers()?;
        let columns = (0..count).map(|_| usize::try_from(self.number()?).ok()).collect::<Option<_>>()?;
        let stamp = Stamp(stamp as i64);
        match kind {
            0 => Some(Verdict::Done(stamp)),
            1 => Some(Verdict::Same(stamp)),
            2 => Some(Verdict::Part(stamp, columns)),
            3 => Some(Verdict::GaveWay(stamp)),
            4 => Some(Verdict::Never),
            _ => None,
        }
    }
    fn message(&mut self) -> Option<Option<Vec<u8>>> {
        Some((self.number()? == 1).then(|| self.0.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_answers_come_back_as_they_were() {
        let edit = |number| EditId { device: DeviceId(300), number };
        for message in [None, Some(vec![]), Some(vec![7; 200])] {
            let edits = vec![(edit(1), vec![1, 2]), (edit(70_000), vec![])];
            let ask = Ask { session: u64::MAX, step: 0, read: 128, edits, message: message.clone() };
            assert_eq!(Ask::read(&ask.bytes()), Some(ask));
            let stamp = Stamp(1_700_000_000_000_001);
            let verdicts = vec![
                (edit(1), Verdict::Done(stamp)),
                (edit(2), Verdict::Same(Stamp(0))),
                (edit(3), Verdict::Part(stamp, vec![0, 200])),
                (edit(4), Verdict::GaveWay(stamp)),
                (edit(5), Verdict::Never),
            ];
            let answer = Answer { verdicts, read: 9, message };
            assert_eq!(Answer::read(&answer.bytes()), Ok(answer));
        }
    }

    #[test]
    fn a_truncated_request_and_a_refusal_are_not_read() {
        let edits = vec![(EditId { device: DeviceId(1), number: 2 }, vec![3; 40])];
        let bytes = Ask { edits, ..Ask::default() }.bytes();
        assert!((0..bytes.len()).all(|len| Ask::read(&bytes[..len]).is_none()));
        assert_eq!(Answer::read(&refusal("no")), Err(Some("no".to_owned())));
        assert_eq!(Answer::read(b"<html>"), Err(None));
    }
}
