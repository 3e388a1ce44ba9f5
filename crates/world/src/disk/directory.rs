//! The names of a disk's files, now and on the medium. Changes of names reach the medium in order,
//! as on a journaling file system. SQLite needs that order in journal mode DELETE with
//! `synchronous=FULL`. There, VACUUM deletes the journal, does not sync the directory, and then
//! truncates the database. If the truncation reached the medium but the deletion did not, the
//! journal would come back. SQLite would then roll it back into a file that lacks its pages.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use super::content::Content;
use super::locks::Locks;
use super::shm::Shm;
use crate::base::Stream;

/// The number of unsynced changes kept per name. If there are more, the oldest becomes durable.
const CHANGES_MAX: usize = 16;

#[derive(Default)]
pub(super) struct File {
    pub(super) is_log: bool,
    pub(super) content: RefCell<Content>,
    pub(super) locks: RefCell<Locks>,
    pub(super) shm: RefCell<Weak<Shm>>,
    pub(super) cut_at: Cell<Option<u64>>,
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a file of {} bytes", self.content.borrow().size)
    }
}

impl File {
    /// A new file. The pages of a journal or write-ahead log are written once and then cut off.
    pub(super) fn named(name: &str) -> File {
        let is_log = name.ends_with("-wal");
        let content =
            if is_log || name.ends_with("-journal") { Content::passing() } else { Content::default() };
        File { is_log, content: RefCell::new(content), ..File::default() }
    }

    pub(super) fn truncate(&self, size: u64, operation: u64) {
        let mut content = self.content.borrow_mut();
        if size < content.size {
            self.cut_at.set(Some(operation));
        }
        content.truncate(size);
    }

    pub(super) fn sync(&self) {
        self.content.borrow_mut().sync();
        self.cut_at.set(None);
    }
}

#[derive(Clone)]
struct Name {
    text: String,
    /// The file that has this name on the medium.
    synced: Option<Rc<File>>,
    /// The files that got the name later, each with the number of the operation. The last one has
    /// it now.
    since: Vec<(u64, Option<Rc<File>>)>,
}

impl Name {
    fn now(&self) -> Option<&Rc<File>> {
        self.since.last().map_or(&self.synced, |(_, file)| file).as_ref()
    }

    fn change(&mut self, operation: u64, file: Option<Rc<File>>) {
        self.since.push((operation, file));
        if self.since.len() > CHANGES_MAX {
            self.synced = self.since.remove(0).1;
        }
    }

    fn settle(&mut self, last: u64) {
        for (operation, file) in self.since.drain(..) {
            if operation <= last {
                self.synced = file;
            }
        }
    }
}

/// The few files of a disk, by name. A clone refers to the same files.
#[derive(Clone, Default)]
pub(super) struct Directory(Vec<Name>);

impl Directory {
    pub(super) fn of(files: impl Iterator<Item = (String, Rc<File>)>) -> Directory {
        Directory(files.map(|(text, file)| Name { text, synced: Some(file), since: Vec::new() }).collect())
    }
    pub(super) fn find(&self, text: &str) -> Option<&Rc<File>> {
        self.0.iter().find(|name| name.text == text)?.now()
    }
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &Rc<File>)> {
        self.0.iter().filter_map(|name| Some((name.text.as_str(), name.now()?)))
    }

    pub(super) fn set(&mut self, text: &str, operation: u64, file: Option<Rc<File>>) {
        let at = self.0.iter().position(|name| name.text == text).unwrap_or_else(|| {
            self.0.push(Name { text: text.to_owned(), synced: None, since: Vec::new() });
            self.0.len() - 1
        });
        self.0[at].change(operation, file);
    }

    fn is_new(&self, file: &Rc<File>) -> bool {
        let is_it = |other: Option<&Rc<File>>| other.is_some_and(|other| Rc::ptr_eq(other, file));
        self.0.iter().any(|name| !name.since.is_empty() && is_it(name.now()))
    }

    /// Makes a file durable. If the file is new, this makes all names durable too. SQLite's unix
    /// VFS does that for journals. The file systems ext4, F2FS and APFS do it for every file.
    pub(super) fn sync_file(&mut self, file: &Rc<File>) {
        file.sync();
        if self.is_new(file) {
            self.sync();
        }
    }

    pub(super) fn sync(&mut self) {
        self.settle(u64::MAX);
    }

    pub(super) fn lose_all(&mut self) {
        for file in self.known_files() {
            file.content.borrow_mut().lose_all();
            file.cut_at.set(None);
        }
        for name in &mut self.0 {
            name.since.clear();
        }
        self.0.retain(|name| name.synced.is_some());
    }

    pub(super) fn lose_some(&mut self, stream: &mut Stream) {
        let files = self.known_files();
        let changes = self.0.iter().flat_map(|name| &name.since).map(|(operation, _)| *operation);
        let mut order: Vec<u64> = changes.chain(files.iter().filter_map(|file| file.cut_at.get())).collect();
        order.sort_unstable();
        order.dedup();
        let surviving = stream.below(order.len() as u64 + 1) as usize;
        let last = surviving.checked_sub(1).map(|at| order[at]);
        for file in files {
            let keeps_cut = file.cut_at.take().is_some_and(|operation| Some(operation) <= last);
            file.content.borrow_mut().lose_some(keeps_cut, stream);
        }
        if let Some(last) = last { self.settle(last) } else { self.lose_all() }
    }

    /// All files that have a name, or can get one back by a power loss. Each file occurs once.
    pub(super) fn known_files(&self) -> Vec<Rc<File>> {
        let mut files: Vec<Rc<File>> = Vec::new();
        for name in &self.0 {
            for file in [&name.synced].into_iter().chain(name.since.iter().map(|(_, file)| file)).flatten() {
                if !files.iter().any(|other| Rc::ptr_eq(other, file)) {
                    files.push(Rc::clone(file));
                }
            }
        }
        files
    }

    fn settle(&mut self, last: u64) {
        for name in &mut self.0 {
            name.settle(last);
        }
        self.0.retain(|name| name.synced.is_some());
    }
}
