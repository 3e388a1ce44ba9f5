//! What Rust cannot check. The only file of the crate with `unsafe`, which rests on this: bytecode
//! that is read was written by this process (`program`), and lies in memory for ever; the record
//! that is lent for a call is given back as the call ends; `pow` has the signature of C's; what
//! counts SQLite's steps outlives its connection; memory is that of an allocator that is sound.

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

/// C's `pow`, for the whole program: the interpreter calls it for `**` and `Math.pow`, and that of
/// the host would differ from one machine to the next by the last digit.
#[unsafe(no_mangle)]
extern "C" fn pow(base: f64, exponent: f64) -> f64 {
    libm::pow(base, exponent)
}

/// Has the linker take this file's `pow` before it looks for another.
pub(super) fn link_pow() {
    black_box(pow as extern "C" fn(f64, f64) -> f64);
}

/// A module from bytecode of this process.
pub(super) fn load<'js>(ctx: &Ctx<'js>, bytecode: &'static [u8]) -> Result<Module<'js, Declared>> {
    // SAFETY: only `program` makes such bytes, by the same version of the interpreter.
    unsafe { Module::load(ctx.clone(), bytecode) }
}

/// No statement of this connection opens another file: neither `ATTACH` nor `VACUUM`, which
/// attaches.
pub(crate) fn attach_nothing(connection: &Connection) {
    // SAFETY: the handle is that of an open connection.
    unsafe { ffi::sqlite3_limit(connection.handle(), ffi::SQLITE_LIMIT_ATTACHED, 0) };
}

/// Has SQLite tell of its steps, as long as `spent` lives, which is longer than the connection.
pub(crate) fn count_steps(connection: &Connection, spent: &Rc<RefCell<Spent>>) {
    unsafe extern "C" fn told(spent: *mut c_void) -> c_int {
        // SAFETY: it is what was given below, and nobody has it borrowed while SQLite works.
        let spent = unsafe { &*spent.cast::<RefCell<Spent>>() };
        spent.try_borrow_mut().is_ok_and(|mut spent| spent.sql(STEPS_OF_A_TICK)).into()
    }
    let spent = Rc::as_ptr(spent).cast_mut().cast();
    // SAFETY: the handle is that of an open connection.
    unsafe {
        ffi::sqlite3_progress_handler(connection.handle(), STEPS_OF_A_TICK as c_int, Some(told), spent)
    };
}

/// What the host calls the preludes by; a runtime has it from its first turn to its last.
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

/// Memory up to a limit: that of the host, counted as it is asked for. What makes long integers is
/// seen here alone, as an operator polls nobody.
pub(super) struct LimitedAllocator {
    used: usize,
    most: usize,
    full: Rc<Cell<bool>>,
    spent: Rc<RefCell<Spent>>,
    /// The last block that may be a long integer, whose maker has not filled it yet.
    given: Option<(NonNull<u8>, usize)>,
}

/// Bytes of a block before the digits of a `BigInt`: what the allocator of the interpreter says of
/// it, and how many 32-bit digits there are.
const BEFORE_DIGITS: usize = 12;
const COUNT_OF_DIGITS: usize = 8;

impl LimitedAllocator {
    pub(super) fn new(most: usize, full: Rc<Cell<bool>>, spent: Rc<RefCell<Spent>>) -> LimitedAllocator {
        LimitedAllocator { used: 0, most, full, spent, given: None }
    }
    /// Whether so many bytes more are there.
    fn has(&mut self, more: usize) -> bool {
        self.weigh();
        // Nothing polls between the operators of a line, so that memory ends what does not end.
        if more > LONG_DIGITS * 4 && self.spent.try_borrow().is_ok_and(|spent| spent.is_endless_digits()) {
            return false;
        }
        let has = self.used.saturating_add(more) <= self.most;
        if !has {
            self.full.set(true);
        }
        has
    }
    /// Remembers a block that may be a long integer.
    fn watch(&mut self, given: *mut u8, size: usize) {
        if size >= BEFORE_DIGITS + LONG_DIGITS * 4 && (size - BEFORE_DIGITS).is_multiple_of(4) {
            self.given = NonNull::new(given).map(|given| (given, size));
        }
        if let Some((given, _)) = self.given {
            // SAFETY: it was just given, and is longer.
            unsafe { given.write_bytes(0, BEFORE_DIGITS) };
        }
    }
    /// Counts the work of the last block if it has become a long integer: one says how many digits
    /// it has, which is as many as it has room for, or one fewer where a product has no carry.
    fn weigh(&mut self) {
        let Some((given, size)) = self.given.take() else { return };
        // SAFETY: the block lives: who frees it calls this first. It is aligned and was filled
        // with zeros, at least, when it was given.
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
            // SAFETY: it was just given by this allocator.
            self.used += unsafe { RustAllocator::usable_size(given) };
        }
        given
    }
}

// SAFETY: memory is that of `RustAllocator`, or none.
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
        // SAFETY: as it is for the caller.
        unsafe {
            self.used -= RustAllocator::usable_size(ptr);
            RustAllocator.dealloc(ptr);
        }
    }
    unsafe fn realloc(&mut self, ptr: *mut u8, size: usize) -> *mut u8 {
        self.weigh();
        // SAFETY: as it is for the caller.
        let before = unsafe { RustAllocator::usable_size(ptr) };
        if size > before && !self.has(size - before) {
            return std::ptr::null_mut();
        }
        // SAFETY: as it is for the caller.
        let given = unsafe { RustAllocator.realloc(ptr, size) };
        if !given.is_null() {
            self.used -= before;
        }
        self.took(given)
    }
    unsafe fn usable_size(ptr: *mut u8) -> usize {
        // SAFETY: as it is for the caller.
        unsafe { RustAllocator::usable_size(ptr) }
    }
}

/// The limit of the stack counts from here, however deep the call of the interpreter lies.
pub(super) fn count_stack_from_here(ctx: &Ctx<'_>) {
    // SAFETY: the context is alive, and so is its runtime.
    unsafe { qjs::JS_UpdateStackTop(qjs::JS_GetRuntime(ctx.as_raw().as_ptr())) }
}

/// A copy of what is in an array of bytes; empty if its memory was given away.
pub(crate) fn bytes_in(array: &TypedArray<'_, u8>) -> Vec<u8> {
    // SAFETY: no JavaScript runs while they are copied.
    unsafe { array.as_bytes() }.unwrap_or_default().to_vec()
}

type Record = dyn SystemOfRecord;

/// A place for the system of record while a server half answers: functions of JavaScript find it
/// there, which outlive the call.
#[derive(Default)]
pub(crate) struct LentRecord(Cell<Option<NonNull<Record>>>);

impl LentRecord {
    /// Calls `f` while `record` can be had by [`with`](LentRecord::with).
    pub(crate) fn lend<R>(&self, record: &mut dyn SystemOfRecord, f: impl FnOnce() -> R) -> R {
        struct Back<'l>(&'l LentRecord);
        impl Drop for Back<'_> {
            fn drop(&mut self) {
                self.0.0.set(None);
            }
        }
        let record: NonNull<dyn SystemOfRecord + '_> = NonNull::from(record);
        // SAFETY: only the lifetime changes. The pointer is gone as `back` is dropped, which is
        // before the borrow of `record` ends, also if `f` panics.
        let record =
            unsafe { std::mem::transmute::<NonNull<dyn SystemOfRecord + '_>, NonNull<Record>>(record) };
        let back = Back(self);
        self.0.set(Some(record));
        let given = f();
        drop(back);
        given
    }
    /// Calls `f` with the record; nothing if none is lent, or if it is in use.
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut dyn SystemOfRecord) -> R) -> Option<R> {
        let mut record = self.0.take()?;
        // SAFETY: it is lent, as this runs within `lend`, and nobody else has it: it was taken out.
        let given = f(unsafe { record.as_mut() });
        self.0.set(Some(record));
        Some(given)
    }
}
