//! Memory pages. Equal pages are stored once.
//!
//! Devices that pull the same rows write equal pages. A sync *lists* the pages of its file. If this
//! thread has already listed an equal page, the file uses that page instead of its own. A listed
//! page is never written again. Pages with the same 128-bit hash count as equal. The probability of
//! an error is 1 in 10^20 runs with a billion pages.

use std::cell::{Cell, RefCell};
use std::ops::Deref;
use std::rc::Rc;

use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_128;

/// Bytes per page of the simulated medium. SQLite's page size may differ.
pub(super) const PAGE: usize = 4096;

pub(super) type Page = [u8; PAGE];

#[derive(Clone)]
pub(super) struct Sheet(Rc<Leaf>);

struct Leaf {
    listed: Cell<Option<u128>>,
    bytes: Page,
}

thread_local! {
    /// Listed pages by hash. A page that no file uses leaves the list at once.
    static LISTED: RefCell<FxHashMap<u128, Rc<Leaf>>> = RefCell::default();
}

impl Sheet {
    pub(super) fn copy_of(from: &Page) -> Sheet {
        Sheet(Rc::new(Leaf { listed: Cell::new(None), bytes: *from }))
    }

    /// The page's bytes, for a write. Panics if the page is listed or shared.
    pub(super) fn edit(&mut self) -> &mut Page {
        let leaf = Rc::get_mut(&mut self.0).filter(|leaf| leaf.listed.get().is_none());
        &mut leaf.expect("only a page of one's own is written").bytes
    }

    /// The page's bytes, for a write. If the page is listed or shared, this copies it first.
    pub(super) fn own(&mut self) -> &mut Page {
        if self.0.listed.get().is_some() || Rc::strong_count(&self.0) > 1 {
            *self = Sheet::copy_of(self);
        }
        self.edit()
    }

    /// Lists the page, or replaces it with an equal listed page.
    pub(super) fn list(&mut self) {
        if self.0.listed.get().is_some() {
            return;
        }
        let hash = xxh3_128(&self.0.bytes);
        let found = LISTED.with_borrow_mut(|listed| {
            let leaf = listed.entry(hash).or_insert_with(|| {
                self.0.listed.set(Some(hash));
                Rc::clone(&self.0)
            });
            Rc::clone(leaf)
        });
        if !Rc::ptr_eq(&found, &self.0) {
            *self = Sheet(found);
        }
    }

    /// True if another file uses the page too.
    pub(super) fn is_shared(&self) -> bool {
        Rc::strong_count(&self.0) > 1 + usize::from(self.0.listed.get().is_some())
    }
}

impl Deref for Sheet {
    type Target = Page;
    #[inline]
    fn deref(&self) -> &Page {
        &self.0.bytes
    }
}

impl Drop for Sheet {
    fn drop(&mut self) {
        if let Some(hash) = self.0.listed.get()
            && Rc::strong_count(&self.0) == 2
        {
            // The thread's list may be dropped before its last disk.
            _ = LISTED.try_with(|listed| listed.borrow_mut().remove(&hash));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_pages_are_one_when_listed_and_leave_nothing_behind() {
        let before = LISTED.with_borrow(FxHashMap::len);
        let mut sheets: Vec<Sheet> = [1, 2, 1].iter().map(|&byte| Sheet::copy_of(&[byte; PAGE])).collect();
        sheets.iter_mut().for_each(Sheet::list);
        assert_eq!(sheets.iter().map(Sheet::is_shared).collect::<Vec<_>>(), [true, false, true]);
        assert!(Rc::ptr_eq(&sheets[0].0, &sheets[2].0));
        assert_eq!(LISTED.with_borrow(FxHashMap::len), before + 2);
        sheets.pop();
        assert_eq!((sheets[0].is_shared(), sheets[0][0]), (false, 1));
        drop(sheets);
        assert_eq!(LISTED.with_borrow(FxHashMap::len), before);
    }

    #[test]
    #[should_panic(expected = "only a page of one's own")]
    fn a_listed_page_is_never_written() {
        let mut sheet = Sheet::copy_of(&[3; PAGE]);
        sheet.list();
        sheet.edit()[0] = 0;
    }
}
