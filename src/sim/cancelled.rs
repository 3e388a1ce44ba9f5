//! Timers that nobody waits for any more.

use rustc_hash::FxHashSet;

/// Sequences of cancelled timers; those of the last [`RECENT`] timers are bits, as most timers are
/// timeouts of what is soon done.
pub(super) struct Cancelled {
    recent: Box<[u64]>,
    old: FxHashSet<u64>,
    count: usize,
    newest: u64,
}

/// As many bits lie in the second cache; tests let timers grow old.
const RECENT: u64 = if cfg!(test) { 64 } else { 1 << 20 };

#[inline]
fn place(sequence: u64) -> (usize, u64) {
    ((sequence % RECENT / 64) as usize, 1 << (sequence % 64))
}

impl Cancelled {
    pub(super) fn new() -> Cancelled {
        let recent = vec![0; (RECENT / 64) as usize].into();
        Cancelled { recent, old: FxHashSet::default(), count: 0, newest: 0 }
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.count
    }

    #[inline]
    pub(super) fn next_sequence(&mut self) -> u64 {
        self.newest += 1;
        let (word, bit) = place(self.newest);
        if self.recent[word] & bit != 0 {
            self.age(word, bit);
        }
        self.newest
    }

    /// The timer whose bit is to be another's is an old one.
    #[cold]
    fn age(&mut self, word: usize, bit: u64) {
        self.recent[word] &= !bit;
        self.old.insert(self.newest - RECENT);
    }

    #[inline]
    pub(super) fn insert(&mut self, sequence: u64) -> bool {
        let is_new = self.becomes(sequence, true);
        self.count += usize::from(is_new);
        is_new
    }
    #[inline]
    pub(super) fn remove(&mut self, sequence: u64) -> bool {
        let is_there = self.becomes(sequence, false);
        self.count -= usize::from(is_there);
        is_there
    }

    /// Whether that changes anything.
    #[inline]
    fn becomes(&mut self, sequence: u64, cancelled: bool) -> bool {
        if self.newest - sequence >= RECENT {
            return if cancelled { self.old.insert(sequence) } else { self.old.remove(&sequence) };
        }
        let (word, bit) = place(sequence);
        let was = self.recent[word];
        self.recent[word] = if cancelled { was | bit } else { was & !bit };
        was != self.recent[word]
    }

    pub(super) fn contains(&self, sequence: u64) -> bool {
        let (word, bit) = place(sequence);
        if self.newest - sequence < RECENT {
            self.recent[word] & bit != 0
        } else {
            self.old.contains(&sequence)
        }
    }
}
