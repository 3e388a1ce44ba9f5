//! The only file of the crate with `unsafe` code. Rust cannot check these facts, on which it
//! relies:
//! - This process wrote the bytecode (`program`), and the bytecode stays in memory forever.
//! - A lent record is returned when the call ends.
//! - `pow` has the signature of C's `pow`.
//! - The step counter outlives its SQLite connection.
//! - The wrapped allocator is sound.

#![expect(unsafe_code, reason = "the interpreter is a C library; what it needs is confined to this file")]

use std::cell::{Cell, RefCell};
use std::ffi::{c_int, c_void};
use std::hint::black_box;
use std::ptr::NonNull;
use std::rc::Rc;

use rquickjs::allocator::{Allocator, RustAllocator};
use rquickjs::module::Declared;
use rquickjs::{Ctx, JsLifetime, Module, Object, Result, TypedArray, qjs};
use rusqlite::{Connection, ffi};

use super::cost::{LONG_DIGITS, STEPS_OF_A_TICK, Spent};

use crate::contract::SystemOfRecord;

/// Replaces C's `pow` in the whole program. The interpreter calls `pow` for `**` and `Math.pow`.
/// C's version gives different last digits on different machines.
#[unsafe(no_mangle)]
extern "C" fn pow(base: f64, exponent: f64) -> f64 {
    libm::pow(base, exponent)
}

/// Makes the linker use this file's `pow`.
pub(super) fn link_pow() {
    black_box(pow as extern "C" fn(f64, f64) -> f64);
}

pub(super) fn load<'js>(ctx: &Ctx<'js>, bytecode: &'static [u8]) -> Result<Module<'js, Declared>> {
    // SAFETY: only `program` makes these bytes, with the same version of the interpreter.
    unsafe { Module::load(ctx.clone(), bytecode) }
}

/// Forbids statements of this connection to open another file. This covers `ATTACH`, and `VACUUM`,
/// which attaches a file.
pub(crate) fn attach_nothing(connection: &Connection) {
    // SAFETY: the handle is that of an open connection.
    unsafe { ffi::sqlite3_limit(connection.handle(), ffi::SQLITE_LIMIT_ATTACHED, 0) };
}

/// Makes SQLite report its steps to `spent`, which must outlive the connection.
pub(crate) fn count_steps(connection: &Connection, spent: &Rc<RefCell<Spent>>) {
    unsafe extern "C" fn told(spent: *mut c_void) -> c_int {
        // SAFETY: the pointer is the one given below, and nobody borrows its value while SQLite
        // works.
        let spent = unsafe { &*spent.cast::<RefCell<Spent>>() };
        spent.try_borrow_mut().is_ok_and(|mut spent| spent.sql(STEPS_OF_A_TICK)).into()
    }
    let spent = Rc::as_ptr(spent).cast_mut().cast();
    // SAFETY: the handle is that of an open connection.
    unsafe {
        ffi::sqlite3_progress_handler(connection.handle(), STEPS_OF_A_TICK as c_int, Some(told), spent)
    };
}

/// The object through which the host calls the preludes (the bench's own JavaScript). Each runtime
/// has one.
struct Entry<'js>(Object<'js>);

// SAFETY: only the lifetime changes.
unsafe impl<'js> JsLifetime<'js> for Entry<'js> {
    type Changed<'to> = Entry<'to>;
}

pub(crate) fn keep_entry<'js>(ctx: &Ctx<'js>, entry: Object<'js>) {
    _ = ctx.store_userdata(Entry(entry));
}
pub(super) fn kept_entry<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let kept = ctx.userdata::<Entry<'js>>().ok_or(rquickjs::Error::Unknown)?;
    Ok(kept.0.clone())
}

/// An allocator with a limit. It counts all memory, and also the work on long integers: operators
/// do not poll, so that work is visible only here.
pub(super) struct LimitedAllocator {
    used: usize,
    most: usize,
    full: Rc<Cell<bool>>,
    spent: Rc<RefCell<Spent>>,
    /// The last block that may become a long integer. The interpreter has not filled it yet.
    given: Option<(NonNull<u8>, usize)>,
}

/// The bytes of a `BigInt` before its digits: the interpreter's header, and the number of 32-bit
/// digits.
const BEFORE_DIGITS: usize = 12;
const COUNT_OF_DIGITS: usize = 8;

impl LimitedAllocator {
    pub(super) fn new(most: usize, full: Rc<Cell<bool>>, spent: Rc<RefCell<Spent>>) -> LimitedAllocator {
        LimitedAllocator { used: 0, most, full, spent, given: None }
    }
    /// True if `more` bytes are available.
    fn has(&mut self, more: usize) -> bool {
        self.weigh();
        // Operators in one line do not poll. An endless computation ends here, for lack of memory.
        if more > LONG_DIGITS * 4 && self.spent.try_borrow().is_ok_and(|spent| spent.is_endless_digits()) {
            return false;
        }
        let has = self.used.saturating_add(more) <= self.most;
        if !has {
            self.full.set(true);
        }
        has
    }
    /// Remembers a block that may become a long integer.
    fn watch(&mut self, given: *mut u8, size: usize) {
        if size >= BEFORE_DIGITS + LONG_DIGITS * 4 && (size - BEFORE_DIGITS).is_multiple_of(4) {
            self.given = NonNull::new(given).map(|given| (given, size));
        }
        if let Some((given, _)) = self.given {
            // SAFETY: the block was just allocated, and is longer than `BEFORE_DIGITS`.
            unsafe { given.write_bytes(0, BEFORE_DIGITS) };
        }
    }
    /// Counts the work on the last block if it became a long integer. A long integer's block
    /// contains its number of digits. The block has room for exactly that number, or for one more
    /// if a product had no carry.
    fn weigh(&mut self) {
        let Some((given, size)) = self.given.take() else { return };
        // SAFETY: the block is alive, because its owner calls this before freeing it. The address
        // is aligned. These bytes were set to zero after the allocation.
        let said = unsafe { given.add(COUNT_OF_DIGITS).cast::<u32>().read() } as usize;
        let room = (size - BEFORE_DIGITS) / 4;
        if (said == room || said + 1 == room)
            && let Ok(mut spent) = self.spent.try_borrow_mut()
        {
            spent.digits(room as u64);
        }
    }
    fn took(&mut self, given: *mut u8) -> *mut u8 {
        if !given.is_null() {
            // SAFETY: this allocator has just given the block.
            self.used += unsafe { RustAllocator::usable_size(given) };
        }
        given
    }
}

// SAFETY: memory comes from `RustAllocator`, or is null.
unsafe impl Allocator for LimitedAllocator {
    fn alloc(&mut self, size: usize) -> *mut u8 {
        if !self.has(size) {
            return std::ptr::null_mut();
        }
        let given = RustAllocator.alloc(size);
        self.watch(given, size);
        self.took(given)
    }
    fn calloc(&mut self, count: usize, size: usize) -> *mut u8 {
        if !self.has(count.saturating_mul(size)) {
            return std::ptr::null_mut();
        }
        let given = RustAllocator.calloc(count, size);
        self.took(given)
    }
    unsafe fn dealloc(&mut self, ptr: *mut u8) {
        self.weigh();
        // SAFETY: the caller guarantees it.
        unsafe {
            self.used -= RustAllocator::usable_size(ptr);
            RustAllocator.dealloc(ptr);
        }
    }
    unsafe fn realloc(&mut self, ptr: *mut u8, size: usize) -> *mut u8 {
        self.weigh();
        // SAFETY: the caller guarantees it.
        let before = unsafe { RustAllocator::usable_size(ptr) };
        if size > before && !self.has(size - before) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller guarantees it.
        let given = unsafe { RustAllocator.realloc(ptr, size) };
        if !given.is_null() {
            self.used -= before;
        }
        self.took(given)
    }
    unsafe fn usable_size(ptr: *mut u8) -> usize {
        // SAFETY: the caller guarantees it.
        unsafe { RustAllocator::usable_size(ptr) }
    }
}

/// Restarts the stack limit from the current depth of the host's stack.
pub(super) fn count_stack_from_here(ctx: &Ctx<'_>) {
    // SAFETY: the context is alive, and so is its runtime.
    unsafe { qjs::JS_UpdateStackTop(qjs::JS_GetRuntime(ctx.as_raw().as_ptr())) }
}

/// Copies the bytes of an array; empty if the array's buffer was transferred.
pub(crate) fn bytes_in(array: &TypedArray<'_, u8>) -> Vec<u8> {
    // SAFETY: no JavaScript runs during the copy.
    unsafe { array.as_bytes() }.unwrap_or_default().to_vec()
}

type Record = dyn SystemOfRecord;

/// Holds the system of record (the backend) while a server half answers a request. JavaScript
/// functions reach the record through it. They outlive the call; the record does not.
#[derive(Default)]
pub(crate) struct LentRecord(Cell<Option<NonNull<Record>>>);

impl LentRecord {
    /// Calls `f`. During the call, [`with`](LentRecord::with) gives access to `record`.
    pub(crate) fn lend<R>(&self, record: &mut dyn SystemOfRecord, f: impl FnOnce() -> R) -> R {
        struct Back<'l>(&'l LentRecord);
        impl Drop for Back<'_> {
            fn drop(&mut self) {
                self.0.0.set(None);
            }
        }
        let record: NonNull<dyn SystemOfRecord + '_> = NonNull::from(record);
        // SAFETY: only the lifetime changes. Dropping `back` removes the pointer before the borrow
        // of `record` ends, also if `f` panics.
        let record =
            unsafe { std::mem::transmute::<NonNull<dyn SystemOfRecord + '_>, NonNull<Record>>(record) };
        let back = Back(self);
        self.0.set(Some(record));
        let given = f();
        drop(back);
        given
    }
    /// Calls `f` with the record; `None` if no record is lent, or if it is in use.
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut dyn SystemOfRecord) -> R) -> Option<R> {
        let mut record = self.0.take()?;
        // SAFETY: this runs within `lend`, so the record is alive. It was taken, so nobody else has
        // it.
        let given = f(unsafe { record.as_mut() });
        self.0.set(Some(record));
        Some(given)
    }
}
