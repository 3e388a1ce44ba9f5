//! The bytes of one file: the present bytes, and the bytes that a power loss would leave.
//!
//! A file is a list of pages. A page is either the file's own written page or all zeros. The first
//! write to a page after a sync puts the old page on the undo list. A power loss undoes these
//! writes. A sync shares pages that equal pages of another file. A clone shares all pages until one
//! side writes. A file knows which of its pages are in memory, because a read of such a page costs
//! no time.

use std::rc::Rc;

use super::page::{PAGE, Page, Sheet};
use crate::base::Stream;

/// Bytes that the medium writes atomically. A torn write (a write that is done in part) ends
/// between two sectors.
pub(super) const SECTOR: usize = 512;
/// Pages per chunk. The number is small, so that a scattered write to a shared file copies little.
const FANOUT: usize = 16;
const UNDO_KEPT: usize = 8;

pub(super) static ZEROS: Page = [0; PAGE];

#[derive(Clone, Default)]
struct Chunk {
    own: [Option<Sheet>; FANOUT],
    /// One bit per page. It is set if the page has changed since the last sync and is on the undo
    /// list.
    dirty: u16,
}

impl Chunk {
    /// Puts the current page on the undo list, unless the list has it already, and empties its
    /// place.
    fn displace(&mut self, index: usize, undo: &mut Vec<Undo>) {
        let bit = 1 << (index % FANOUT);
        let page = self.own[index % FANOUT].take();
        let first = self.dirty & bit == 0;
        self.dirty |= bit;
        if first {
            undo.push(Undo { index, page });
        }
    }
}

#[inline]
fn chunk_of(chunks: &mut Vec<Option<Rc<Chunk>>>, index: usize) -> &mut Chunk {
    let at = index / FANOUT;
    if at >= chunks.len() {
        chunks.resize_with(at + 1, || None);
    }
    Rc::make_mut(chunks[at].get_or_insert_default())
}

/// The state of a page at the last sync. `page` is `None` if it was zero or did not exist.
#[derive(Clone)]
struct Undo {
    index: usize,
    page: Option<Sheet>,
}

#[derive(Clone, Default)]
pub(super) struct Content {
    pub(super) size: u64,
    synced: u64,
    chunks: Vec<Option<Rc<Chunk>>>,
    /// One bit per page, by chunk. It is set if the page is in the operating system's memory.
    warm: Vec<u16>,
    undo: Vec<Undo>,
    /// True if the pages exist only for a short time. They are then not compared with other files'
    /// pages.
    passing: bool,
}

fn pages_in(size: u64) -> usize {
    usize::try_from(size.div_ceil(PAGE as u64)).expect("a simulated file fits in memory")
}

fn place(at: u64) -> (usize, usize) {
    let index = usize::try_from(at / PAGE as u64).expect("a simulated file fits in memory");
    (index, (at % PAGE as u64) as usize)
}

impl Content {
    pub(super) fn passing() -> Content {
        Content { passing: true, ..Content::default() }
    }
    pub(super) fn empty(&mut self) {
        *self = Content { passing: self.passing, ..Content::default() };
    }

    /// Bytes of memory in pages that no other file shares, including pages on the undo list.
    pub(super) fn owned_bytes(&self) -> u64 {
        let chunks = self.chunks.iter().flatten().filter(|chunk| Rc::strong_count(chunk) == 1);
        let own = chunks.flat_map(|chunk| &chunk.own).flatten();
        let kept = self.undo.iter().filter_map(|undo| undo.page.as_ref());
        (own.chain(kept).filter(|sheet| !sheet.is_shared()).count() * PAGE) as u64
    }

    #[inline]
    fn own(&self, index: usize) -> Option<&Page> {
        Some(self.chunks.get(index / FANOUT)?.as_ref()?.own[index % FANOUT].as_ref()?)
    }

    #[inline]
    fn page(&self, index: usize) -> &Page {
        self.own(index).unwrap_or(&ZEROS)
    }
    /// Reads `len` bytes from `at` on, and passes them to `sink` in pieces. Returns the number of
    /// bytes that exist, and the number of pages that were not in memory.
    #[inline]
    pub(super) fn read(&mut self, at: u64, len: usize, mut sink: impl FnMut(usize, &[u8])) -> (usize, u64) {
        let there = self.size.saturating_sub(at).min(len as u64) as usize;
        let (mut index, mut start) = place(at);
        let (mut done, mut cold) = (0, 0);
        while done < there {
            let n = (PAGE - start).min(there - done);
            cold += u64::from(self.warm_up(index));
            sink(done, &self.page(index)[start..start + n]);
            done += n;
            index += 1;
            start = 0;
        }
        (there, cold)
    }

    /// Marks a page as in memory. Returns true if it was not in memory before.
    #[inline]
    fn warm_up(&mut self, index: usize) -> bool {
        let (at, bit) = (index / FANOUT, 1 << (index % FANOUT));
        if at >= self.warm.len() {
            self.warm.resize(at + 1, 0);
        }
        let known = self.warm[at] & bit != 0;
        self.warm[at] |= bit;
        !known
    }

    pub(super) fn cool_down(&mut self) {
        self.warm.clear();
    }

    #[inline]
    pub(super) fn write(&mut self, at: u64, mut bytes: &[u8]) {
        self.size = self.size.max(at + bytes.len() as u64);
        let (mut index, mut start) = place(at);
        while !bytes.is_empty() {
            let (piece, rest) = bytes.split_at((PAGE - start).min(bytes.len()));
            match piece.try_into() {
                Ok(whole) => self.replace(index, whole),
                Err(_) => self.edit(index)[start..start + piece.len()].copy_from_slice(piece),
            }
            bytes = rest;
            index += 1;
            start = 0;
        }
    }

    fn replace(&mut self, index: usize, bytes: &Page) {
        let bit = 1 << (index % FANOUT);
        let chunk = chunk_of(&mut self.chunks, index);
        if chunk.dirty & bit != 0
            && let Some(page) = &mut chunk.own[index % FANOUT]
        {
            page.own().copy_from_slice(bytes);
            return;
        }
        chunk.displace(index, &mut self.undo);
        chunk.own[index % FANOUT] = Some(Sheet::copy_of(bytes));
        self.warm_up(index);
    }

    /// A page of which the caller changes a part. Copies it if it is shared, and puts it on the
    /// undo list.
    fn edit(&mut self, index: usize) -> &mut Page {
        self.warm_up(index);
        let bit = 1 << (index % FANOUT);
        let chunk = chunk_of(&mut self.chunks, index);
        if chunk.dirty & bit == 0 || chunk.own[index % FANOUT].is_none() {
            let copy = Sheet::copy_of(chunk.own[index % FANOUT].as_deref().unwrap_or(&ZEROS));
            chunk.displace(index, &mut self.undo);
            chunk.own[index % FANOUT] = Some(copy);
        }
        chunk.own[index % FANOUT].as_mut().expect("the page was made the file's own above").own()
    }

    pub(super) fn truncate(&mut self, size: u64) {
        let (keep, had) = (pages_in(size), pages_in(self.size));
        for index in keep..had {
            if self.own(index).is_some() {
                chunk_of(&mut self.chunks, index).displace(index, &mut self.undo);
            }
        }
        let tail = (size % PAGE as u64) as usize;
        if size < self.size && tail > 0 {
            self.edit(keep - 1)[tail..].fill(0);
        }
        self.size = size;
    }

    pub(super) fn sync(&mut self) {
        for Undo { index, .. } in self.undo.drain(..) {
            if let Some(Some(chunk)) = self.chunks.get_mut(index / FANOUT) {
                let chunk = Rc::make_mut(chunk);
                chunk.dirty &= !(1 << (index % FANOUT));
                if let Some(own) = chunk.own[index % FANOUT].as_mut().filter(|_| !self.passing) {
                    own.list();
                }
            }
        }
        self.undo.shrink_to(UNDO_KEPT);
        self.synced = self.size;
        let chunks = pages_in(self.size).div_ceil(FANOUT);
        self.chunks.truncate(chunks);
        self.warm.truncate(chunks);
    }

    pub(super) fn lose_all(&mut self) {
        for Undo { index, page } in std::mem::take(&mut self.undo) {
            let chunk = chunk_of(&mut self.chunks, index);
            chunk.dirty &= !(1 << (index % FANOUT));
            chunk.own[index % FANOUT] = page;
        }
        self.size = self.synced;
    }

    /// Loses some writes since the last sync. Each sector keeps its first or its last version. If
    /// the file grew, it may keep a part of the growth. If it shrank, the truncation stays if
    /// `keeps_cut`.
    pub(super) fn lose_some(&mut self, keeps_cut: bool, stream: &mut Stream) {
        let (synced, written) = (self.synced, self.size);
        let size = match written < synced {
            true if keeps_cut => written,
            true => synced,
            false => grown_size(synced, written, stream),
        };
        let survivors: Vec<(usize, Sheet)> =
            self.undo.iter().map(|undo| (undo.index, self.surviving_page(undo, stream))).collect();
        self.lose_all();
        for (index, page) in survivors {
            self.replace(index, &page);
        }
        self.size = self.size.max(written);
        self.truncate(size);
        self.sync();
    }

    fn surviving_page(&self, undo: &Undo, stream: &mut Stream) -> Sheet {
        let mut sheet = Sheet::copy_of(undo.page.as_deref().unwrap_or(&ZEROS));
        let (page, now) = (sheet.edit(), self.page(undo.index));
        for start in (0..PAGE).step_by(SECTOR) {
            // A truncation cut off the bytes past the end. If the truncation is lost, they return.
            let is_there = ((undo.index * PAGE + start) as u64) < self.size;
            if stream.chance(0.5) && is_there {
                page[start..start + SECTOR].copy_from_slice(&now[start..start + SECTOR]);
            }
        }
        sheet
    }

    /// Makes the current bytes durable and lists each page for sharing, so that a clone needs no
    /// memory.
    pub(super) fn freeze(&mut self) -> Content {
        self.sync();
        self.cool_down();
        for index in 0..pages_in(self.size) {
            let own = &mut chunk_of(&mut self.chunks, index).own[index % FANOUT];
            own.get_or_insert_with(|| Sheet::copy_of(&ZEROS)).list();
        }
        self.clone()
    }
}

/// The size of a file after a power loss, if the file had grown.
fn grown_size(synced: u64, written: u64, stream: &mut Stream) -> u64 {
    match stream.below(3) {
        0 => synced,
        1 => synced + stream.below((written - synced) / SECTOR as u64 + 1) * SECTOR as u64,
        _ => written,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::Seed;

    impl Content {
        fn bytes(&self) -> Vec<u8> {
            let mut bytes = vec![0; self.size as usize];
            let (there, _) = self
                .clone()
                .read(0, bytes.len(), |at, piece| bytes[at..at + piece.len()].copy_from_slice(piece));
            assert_eq!(there as u64, self.size);
            bytes
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Write { at: usize, len: usize, byte: u8 },
        Truncate(usize),
        Sync,
        LoseAll,
        LoseSome(bool, u64),
        Freeze,
        Clone,
    }

    /// Offsets at the edges of pages, chunks and sectors, and other offsets.
    fn offset() -> impl Strategy<Value = usize> {
        prop_oneof![
            (0..40_usize).prop_map(|n| n * PAGE),
            (0..320_usize).prop_map(|n| n * SECTOR),
            0..40 * PAGE,
        ]
    }

    fn step() -> impl Strategy<Value = Step> {
        let len = prop_oneof![Just(PAGE), Just(1_024), Just(65_536), 0..3 * PAGE];
        prop_oneof![
            8 => (offset(), len, 1..=255_u8).prop_map(|(at, len, byte)| Step::Write { at, len, byte }),
            3 => offset().prop_map(Step::Truncate),
            2 => Just(Step::Sync),
            1 => Just(Step::LoseAll),
            1 => any::<(bool, u64)>().prop_map(|(keeps_cut, seed)| Step::LoseSome(keeps_cut, seed)),
            1 => Just(Step::Freeze),
            1 => Just(Step::Clone),
        ]
    }

    /// True if each sector is old, new or zeros, and the size is between the old size and the new
    /// size.
    fn could_survive(left: &[u8], before: &[u8], after: &[u8]) -> bool {
        let (least, most) = (before.len().min(after.len()), before.len().max(after.len()));
        let sector = |file: &[u8], at: usize, len: usize| {
            let mut bytes = file.get(at..file.len().min(at + SECTOR)).unwrap_or_default().to_vec();
            bytes.resize(len, 0);
            bytes
        };
        (least..=most).contains(&left.len())
            && (0..left.len()).step_by(SECTOR).all(|at| {
                let found = &left[at..left.len().min(at + SECTOR)];
                found == sector(before, at, found.len()) || found == sector(after, at, found.len())
            })
    }

    proptest! {
        #[test]
        fn a_file_holds_what_a_vector_of_bytes_would(steps in prop::collection::vec(step(), 1..60)) {
            let (mut content, mut now, mut synced) = (Content::default(), Vec::new(), Vec::new());
            let mut clones = Vec::new();
            for step in steps {
                match step {
                    Step::Write { at, len, byte } => {
                        content.write(at as u64, &vec![byte; len]);
                        now.resize(now.len().max(at + len), 0);
                        now[at..at + len].fill(byte);
                    }
                    Step::Truncate(size) => {
                        content.truncate(size as u64);
                        now.resize(size, 0);
                    }
                    Step::Sync => {
                        content.sync();
                        synced.clone_from(&now);
                    }
                    Step::LoseAll => {
                        content.lose_all();
                        now.clone_from(&synced);
                    }
                    Step::LoseSome(keeps_cut, seed) => {
                        content.lose_some(keeps_cut, &mut Seed(seed).stream("test", 0, 0));
                        let left = content.bytes();
                        prop_assert!(could_survive(&left, &synced, &now));
                        (now, synced) = (left.clone(), left);
                    }
                    Step::Freeze => {
                        synced.clone_from(&now);
                        clones.push((content.freeze(), now.clone(), now.clone()));
                        prop_assert_eq!(content.owned_bytes(), 0);
                    }
                    Step::Clone => clones.push((content.clone(), now.clone(), synced.clone())),
                }
                prop_assert!(content.bytes() == now, "after {step:?}");
            }
            for (mut content, now, synced) in clones {
                prop_assert!(content.bytes() == now, "a clone changed with its original");
                content.lose_all();
                prop_assert!(content.bytes() == synced, "a clone forgot what was synced");
            }
        }
    }

    #[test]
    fn a_write_between_syncs_may_be_torn_between_two_sectors() {
        let torn = (0..64).any(|seed| {
            let mut content = Content::default();
            content.write(0, &[1; PAGE]);
            content.sync();
            content.write(0, &[2; PAGE]);
            content.lose_some(true, &mut Seed(seed).stream("test", 0, 0));
            let bytes = content.bytes();
            bytes.contains(&1) && bytes.contains(&2)
        });
        assert!(torn);
    }
}
