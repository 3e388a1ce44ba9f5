//! Keeps the disk operations whose time has not come yet, and the state of the disk before them.
//! SQLite does its work at once, but the work takes virtual time. If the process dies before the
//! last operation is done, the earlier disk is restored, and the operations issued so far are done
//! again. A disk that is never idle collects many operations. The history then applies the oldest
//! ones to the earlier disk.

use std::rc::Rc;

use super::content::Content;
use super::directory::{Directory, File};
use super::flash::Flash;
use crate::base::{Span, Time};

#[derive(Clone, Debug)]
pub(super) enum What {
    /// (offset, number of bytes). [`History`] stores the bytes themselves.
    Write(u64, usize),
    /// The new size.
    Truncate(u64),
    Sync,
    /// The file's name.
    Create(String),
    /// Removes the name: (name, true if durably). If not durably, a power loss may bring the name
    /// back.
    Delete(String, bool),
}

struct Operation {
    number: u64,
    file: Rc<File>,
    what: What,
    /// The times at which the operation is issued and done. `None` until its time is charged.
    times: Option<(Time, Time)>,
}

/// The operations whose time has not come yet, and the state of the disk before them.
#[derive(Default)]
pub(super) struct History {
    before: Option<Snapshot>,
    operations: Vec<Operation>,
    /// The bytes of all writes, in order.
    bytes: Vec<u8>,
    timed: usize,
    until: Time,
    /// True if operations are recorded.
    pub(super) is_on: bool,
    traced: Option<Vec<Moment>>,
}

/// Counts of operations since the disk was made. Operations that a death undid do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Number of reads.
    pub reads: u64,
    /// Number of writes.
    pub writes: u64,
    /// Number of syncs of a file or a name.
    pub syncs: u64,
    /// Bytes returned by reads.
    pub bytes_read: u64,
    /// Bytes passed to writes.
    pub bytes_written: u64,
    /// Pages of 4,096 bytes that were read and were not in the operating system's memory.
    pub pages_fetched: u64,
    /// Largest size of a write-ahead log, in bytes.
    pub log_peak: u64,
}

/// The times of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When the operation was issued.
    pub issued: Time,
    /// When the operation was done.
    pub done: Time,
    /// True if the operation makes data durable.
    pub is_sync: bool,
}

struct Snapshot {
    directory: Directory,
    files: Vec<(Rc<File>, Content, Option<u64>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Death {
    /// The process dies. All operations that it has issued are done.
    OfProcess,
    /// The power fails. A sync in progress has no effect.
    OfPower,
}

impl History {
    /// Records an operation before it happens. `bytes` is the data of a write.
    pub(super) fn note(&mut self, of: (u64, Rc<File>, What), bytes: &[u8], directory: &Directory) {
        let (number, file, what) = of;
        if self.before.is_none() {
            self.before = Some(Snapshot::of(directory, directory.known_files()));
        }
        self.bytes.extend_from_slice(bytes);
        self.operations.push(Operation { number, file, what, times: None });
    }

    /// Gives times to the operations that have none: one after another, from `start` on.
    pub(super) fn time(&mut self, start: Time, flash: &Flash) {
        if !self.is_on {
            return;
        }
        let (mut written, mut synced, mut done) = (0, Span::ZERO, start);
        for operation in &mut self.operations[self.timed..] {
            match operation.what {
                What::Write(_, len) => written += len as u64,
                _ if operation.is_sync() => synced += flash.sync(operation.number),
                // The next sync also makes names and lengths durable, so this operation lasts 0 s.
                _ => {}
            }
            let begun = std::mem::replace(&mut done, start + synced + flash.write(written));
            operation.times = Some((begun, done));
            if let Some(traced) = &mut self.traced {
                traced.push(Moment { issued: begun, done, is_sync: operation.is_sync() });
            }
        }
        self.timed = self.operations.len();
        self.until = self.until.max(done);
    }

    /// The times at which recorded syncs are done, if after `from`.
    pub(super) fn sync_ends(&self, from: Time) -> Vec<Time> {
        let syncs = self.operations.iter().filter(|operation| operation.is_sync());
        syncs.filter_map(|sync| sync.times).map(|(_, done)| done).filter(|done| *done > from).collect()
    }

    /// Charges no time for the operations without times. They count as done when they were issued.
    pub(super) fn forgive(&mut self) {
        self.timed = self.operations.len();
    }
    /// Records operations and keeps their times from now on.
    pub(super) fn trace(&mut self) {
        self.is_on = true;
        self.traced.get_or_insert_default();
    }
    /// The times of all operations since [`History::trace`].
    pub(super) fn traced(&self) -> &[Moment] {
        self.traced.as_deref().unwrap_or_default()
    }

    /// Forgets all operations if all of them are charged and done. Otherwise, if there are many,
    /// applies the operations that are done.
    pub(super) fn settle(&mut self, now: Time, directory: &mut Directory) {
        if self.until <= now && self.timed == self.operations.len() && self.before.is_some() {
            self.forget();
        } else if self.operations.len() > MANY {
            self.apply_past(now, directory);
        }
    }

    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.operations.len()
    }

    /// Applies the operations that are done to the earlier disk, if they are more than half of all
    /// operations.
    fn apply_past(&mut self, now: Time, directory: &mut Directory) {
        let is_past = |o: &Operation| o.times.is_none_or(|(_, done)| done <= now);
        let past = self.operations[..self.timed].iter().take_while(|o| is_past(o)).count();
        if past <= self.operations.len() / 2 {
            return;
        }
        let Some(before) = self.before.take() else { return };
        let files = before.files.iter().map(|(file, ..)| file);
        let touched = self.operations.iter().map(|o| &o.file);
        let today = Snapshot::of(directory, files.chain(touched).chain(&directory.known_files()).cloned());
        before.restore(directory);
        let mut bytes = &self.bytes[..];
        for operation in self.operations.drain(..past) {
            bytes = operation.redo(false, bytes, directory);
        }
        let gone = self.bytes.len() - bytes.len();
        self.bytes.drain(..gone);
        self.timed -= past;
        self.before = Some(Snapshot::of(directory, directory.known_files()));
        today.restore(directory);
    }

    /// Forgets all operations and the earlier disk.
    pub(super) fn forget(&mut self) {
        self.before = None;
        self.operations.clear();
        self.operations.shrink_to(KEPT);
        self.bytes = Vec::new();
        (self.timed, self.until) = (0, Time::ZERO);
    }

    /// Undoes every operation from the first one that was not issued by `at`. Returns the counts of
    /// the undone operations, if any. Operations that are done by `at`, or that have no times,
    /// stay. A power loss also undoes a sync that is not done by `at`.
    pub(super) fn cut(&mut self, at: Time, death: Death, directory: &mut Directory) -> Option<Counters> {
        let counts = |o: &Operation| o.times.is_none_or(|(begun, done)| begun < at || done <= at);
        let interrupted = |o: &Operation| {
            death == Death::OfPower && o.is_sync() && o.times.is_some_and(|(_, done)| done > at)
        };
        let kept = self.operations.iter().position(|o| !counts(o)).unwrap_or(self.operations.len());
        let (done, undone) = self.operations.split_at(kept);
        let any = !undone.is_empty() || done.iter().any(interrupted);
        let syncs = undone.iter().filter(|o| o.is_sync()).chain(done.iter().filter(|o| interrupted(o)));
        let gone = Counters {
            writes: undone.iter().filter(|o| matches!(o.what, What::Write(..))).count() as u64,
            bytes_written: undone.iter().map(Operation::writes).sum(),
            syncs: syncs.count() as u64,
            ..Counters::default()
        };
        if let Some(before) = self.before.take_if(|_| any) {
            before.restore(directory);
            let mut bytes = &self.bytes[..];
            for operation in &self.operations[..kept] {
                if !interrupted(operation) || matches!(operation.what, What::Delete(..)) {
                    bytes = operation.redo(interrupted(operation), bytes, directory);
                }
            }
        }
        self.forget();
        any.then_some(gone)
    }
}

const MANY: usize = 256;
/// The capacity that is kept for the operations of the next transaction.
const KEPT: usize = 16;
impl Operation {
    fn is_sync(&self) -> bool {
        matches!(self.what, What::Sync | What::Delete(_, true))
    }
    fn writes(&self) -> u64 {
        if let What::Write(_, len) = self.what { len as u64 } else { 0 }
    }

    /// Does the operation again. `bytes` begins with the operation's own bytes. Returns the bytes
    /// after them.
    fn redo<'b>(&self, interrupted: bool, bytes: &'b [u8], directory: &mut Directory) -> &'b [u8] {
        match &self.what {
            What::Write(at, len) => {
                let (own, rest) = bytes.split_at(*len);
                self.file.content.borrow_mut().write(*at, own);
                return rest;
            }
            What::Truncate(size) => self.file.truncate(*size, self.number),
            What::Sync => directory.sync_file(&self.file),
            What::Create(name) => {
                self.file.content.borrow_mut().empty();
                directory.set(name, self.number, Some(Rc::clone(&self.file)));
            }
            What::Delete(name, durable) => {
                directory.set(name, self.number, None);
                if *durable && !interrupted {
                    directory.sync();
                }
            }
        }
        bytes
    }
}

impl Snapshot {
    fn of(directory: &Directory, files: impl IntoIterator<Item = Rc<File>>) -> Snapshot {
        let mut copies: Vec<(Rc<File>, Content, Option<u64>)> = Vec::new();
        for file in files {
            if !copies.iter().any(|(other, ..)| Rc::ptr_eq(other, &file)) {
                let content = file.content.borrow().clone();
                let cut_at = file.cut_at.get();
                copies.push((file, content, cut_at));
            }
        }
        Snapshot { directory: directory.clone(), files: copies }
    }

    fn restore(self, directory: &mut Directory) {
        *directory = self.directory;
        for (file, content, cut_at) in self.files {
            *file.content.borrow_mut() = content;
            file.cut_at.set(cut_at);
        }
    }
}
