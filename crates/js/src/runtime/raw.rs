//! What Rust cannot check. The only file of the crate with `unsafe`, which rests on this: bytecode
//! that is read was written by this process (`program`), and lies in memory for ever; the record
//! that is lent for a call is given back as the call ends; `pow` has the signature of C's.

#![expect(unsafe_code, reason = "the interpreter is a C library; what it needs is confined to this file")]

use std::cell::Cell;
use std::hint::black_box;
use std::ptr::NonNull;

use rquickjs::module::Declared;
use rquickjs::{Ctx, Module, Result, TypedArray, qjs};
use rusqlite::{Connection, ffi};

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
pub(crate) struct Lent(Cell<Option<NonNull<Record>>>);

impl Lent {
    /// Calls `f` while `record` can be had by [`with`](Lent::with).
    pub(crate) fn lend<R>(&self, record: &mut dyn SystemOfRecord, f: impl FnOnce() -> R) -> R {
        struct Back<'l>(&'l Lent);
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
