//! SQLite's five lock levels among the handles of one database file.
//!
//! The rules are those of SQLite's unix VFS (`unixLock` in `os_unix.c`), which holds them in POSIX
//! locks: many readers, one writer, and a pending writer keeps new readers out.

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Level {
    #[default]
    None,
    Shared,
    /// Means to write; others may still read.
    Reserved,
    /// Waits for the readers to leave; nobody may begin to read.
    Pending,
    Exclusive,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Locks {
    /// Handles at `Shared` or above.
    shared: u32,
    /// What the one handle above `Shared` holds; `None` if there is none.
    writer: Level,
}

impl Locks {
    /// Raises a handle from what it has `held` to `want` and says whether that went; a refused
    /// `Exclusive` may leave the handle at `Pending`.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_writer_is_refused_and_a_reader_is_not() {
        let (mut locks, mut first, mut second) = (Locks::default(), Level::None, Level::None);
        assert!(locks.lock(&mut first, Level::Shared) && locks.lock(&mut second, Level::Shared));
        assert!(locks.lock(&mut first, Level::Reserved));
        assert!(!locks.lock(&mut second, Level::Reserved) && !locks.lock(&mut second, Level::Exclusive));
        assert_eq!(second, Level::Shared);
        locks.unlock(&mut first, Level::Shared);
        assert!(!locks.is_reserved());
        assert!(locks.lock(&mut second, Level::Reserved));
    }

    #[test]
    fn a_pending_writer_keeps_new_readers_out_until_the_old_ones_leave() {
        let (mut locks, mut writer, mut reader, mut late) =
            (Locks::default(), Level::None, Level::None, Level::None);
        assert!(locks.lock(&mut writer, Level::Shared) && locks.lock(&mut reader, Level::Shared));
        assert!(!locks.lock(&mut writer, Level::Exclusive));
        assert_eq!(writer, Level::Pending);
        assert!(!locks.lock(&mut late, Level::Shared));
        locks.unlock(&mut reader, Level::None);
        assert!(locks.lock(&mut writer, Level::Exclusive));
        locks.unlock(&mut writer, Level::None);
        assert!(locks.lock(&mut late, Level::Shared));
    }
}
