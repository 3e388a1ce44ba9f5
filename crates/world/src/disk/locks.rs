//! SQLite's 5 lock levels, for all handles of one file. The rules are those of SQLite's unix VFS
//! (`unixLock` in `os_unix.c`): many readers or one writer. A pending writer blocks new readers.

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Level {
    #[default]
    None,
    Shared,
    /// The handle wants to write later. Other handles may still read.
    Reserved,
    /// The handle waits until all readers have finished. No new reader may start.
    Pending,
    Exclusive,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Locks {
    /// The number of handles at `Shared` or above.
    shared: u32,
    /// The level of the only handle above `Shared`; `None` if there is no such handle.
    writer: Level,
}

impl Locks {
    /// Raises a handle to `want`. Returns false if that is refused. If `Exclusive` is refused, the
    /// handle may stay at `Pending`.
    pub(super) fn lock(&mut self, held: &mut Level, want: Level) -> bool {
        if *held >= want {
            return true;
        }
        let another_writes = *held <= Level::Shared && self.writer != Level::None;
        match want {
            Level::None => {}
            Level::Shared => {
                if self.writer >= Level::Pending {
                    return false;
                }
                self.shared += 1;
            }
            Level::Reserved | Level::Pending | Level::Exclusive => {
                assert!(*held >= Level::Shared, "SQLite reads before it means to write");
                if another_writes {
                    return false;
                }
                self.writer = want.min(Level::Pending);
                if want == Level::Exclusive {
                    *held = Level::Pending;
                    if self.shared > 1 {
                        return false;
                    }
                    self.writer = Level::Exclusive;
                }
            }
        }
        *held = want;
        true
    }

    pub(super) fn unlock(&mut self, held: &mut Level, to: Level) {
        if *held <= to {
            return;
        }
        if *held > Level::Shared {
            self.writer = Level::None;
        }
        if to == Level::None {
            self.shared -= 1;
        }
        *held = to;
    }

    pub(super) fn is_reserved(&self) -> bool {
        self.writer >= Level::Reserved
    }
}
