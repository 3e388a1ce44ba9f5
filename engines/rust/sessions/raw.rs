//! SQLite's session extension, as safe functions: what a piece of work changed, as a changeset;
//! changesets applied, inverted and joined (<https://sqlite.org/sessionintro.html>).
//!
//! The bindings are those of the crate that brings SQLite; the code behind them is what the build
//! script compiles.
#![allow(unsafe_code, reason = "the extension is a C interface")]

use std::ffi::{CStr, CString, c_int, c_void};
use std::ptr;

use libsqlite3_sys as ffi;
use syncdyno::contract::Key;
use syncdyno::rusqlite::{self, Connection};

/// The place of the stamp among the columns of a table.
const STAMP: c_int = 1;

/// What a change met that could not just be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Met {
    /// The row says something else than the change was made on.
    Other,
    /// The row is not there.
    Nothing,
    /// A row with this key is there already.
    Taken,
    /// A constraint, which the tables here do not have.
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Omit,
    /// The change wins; after [`Met::Nothing`] there is nothing to change.
    Replace,
    /// Nothing of the changeset is applied.
    Abort,
}

/// A row that a changeset is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Changed {
    pub(super) table: String,
    pub(super) key: Key,
    /// It is deleted.
    pub(super) gone: bool,
}

fn checked(code: c_int) -> rusqlite::Result<()> {
    match code {
        ffi::SQLITE_OK => Ok(()),
        code => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)),
    }
}

/// Bytes that SQLite has given.
struct Given {
    at: *mut c_void,
    len: c_int,
}

impl Given {
    fn by(give: impl FnOnce(*mut c_int, *mut *mut c_void) -> c_int) -> rusqlite::Result<Vec<u8>> {
        let mut given = Given { at: ptr::null_mut(), len: 0 };
        checked(give(&raw mut given.len, &raw mut given.at))?;
        Ok(given.bytes())
    }
    fn bytes(&self) -> Vec<u8> {
        if self.at.is_null() {
            return Vec::new();
        }
        // SAFETY: SQLite says that so many bytes lie there, and they are ours until they are freed.
        unsafe { std::slice::from_raw_parts(self.at.cast::<u8>(), self.len as usize) }.to_vec()
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        // SAFETY: it is null, or comes of SQLite's allocator.
        unsafe { ffi::sqlite3_free(self.at) }
    }
}

struct Session(*mut ffi::sqlite3_session);

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: it was made by `record` and is not used any more.
        unsafe { ffi::sqlite3session_delete(self.0) }
    }
}

/// Does `work`; gives the changeset of all that it changed in these tables.
///
/// # Errors
/// What SQLite says, or `work`.
pub(super) fn record<'t, T>(
    database: &Connection,
    tables: impl Iterator<Item = &'t str>,
    work: impl FnOnce() -> rusqlite::Result<T>,
) -> rusqlite::Result<(T, Vec<u8>)> {
    let mut made = ptr::null_mut();
    // SAFETY: the connection outlives the session, which ends with this function.
    checked(unsafe { ffi::sqlite3session_create(handle(database), c"main".as_ptr(), &raw mut made) })?;
    let session = Session(made);
    for table in tables {
        let name = CString::new(table).expect("a name has no zero");
        // SAFETY: the session lives, and the name is copied.
        checked(unsafe { ffi::sqlite3session_attach(session.0, name.as_ptr()) })?;
    }
    let done = work()?;
    // SAFETY: the session lives.
    let changes = Given::by(|len, at| unsafe { ffi::sqlite3session_changeset(session.0, len, at) })?;
    Ok((done, changes))
}

/// Applies a changeset; `decide` is asked of each change that meets something.
///
/// # Errors
/// What SQLite says; that it was aborted.
pub(super) fn apply(
    database: &Connection,
    changes: &[u8],
    mut decide: impl FnMut(Met) -> Choice,
) -> rusqlite::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let mut decide: &mut dyn FnMut(Met) -> Choice = &mut decide;
    let (len, at) = parts(changes);
    // SAFETY: the bytes are only read, and `met` gets what it takes here for as long as it is
    // called.
    checked(unsafe {
        let context = (&raw mut decide).cast();
        ffi::sqlite3changeset_apply(handle(database), len, at, None, Some(met), context)
    })
}

unsafe extern "C" fn met(context: *mut c_void, what: c_int, walk: *mut ffi::sqlite3_changeset_iter) -> c_int {
    // SAFETY: `apply` gives it, and nobody else holds it meanwhile.
    let decide = unsafe { &mut *context.cast::<&mut dyn FnMut(Met) -> Choice>() };
    let met = match what {
        // SAFETY: SQLite gives the walk, which stands on the change that has met another row.
        ffi::SQLITE_CHANGESET_DATA if unsafe { deletes_the_same(walk) } => {
            return ffi::SQLITE_CHANGESET_REPLACE;
        }
        ffi::SQLITE_CHANGESET_DATA => Met::Other,
        ffi::SQLITE_CHANGESET_NOTFOUND => Met::Nothing,
        ffi::SQLITE_CHANGESET_CONFLICT => Met::Taken,
        _ => Met::Refused,
    };
    match (decide(met), met) {
        (Choice::Abort, _) => ffi::SQLITE_CHANGESET_ABORT,
        (Choice::Replace, Met::Other | Met::Taken) => ffi::SQLITE_CHANGESET_REPLACE,
        (Choice::Replace | Choice::Omit, _) => ffi::SQLITE_CHANGESET_OMIT,
    }
}

/// Whether a change deletes a row that says the same in another version: a delete is held against
/// all columns, and the stamp is none of the app's. Each edit of a phone moves it on the server.
///
/// # Safety
/// The walk has to stand on a change that has met another row.
unsafe fn deletes_the_same(walk: *mut ffi::sqlite3_changeset_iter) -> bool {
    let (mut table, mut columns, mut op, mut indirect) = (ptr::null(), 0, 0, 0);
    // SAFETY: as the caller says; of a delete all old values are there.
    unsafe {
        let (count, indirect) = (&raw mut columns, &raw mut indirect);
        let code = ffi::sqlite3changeset_op(walk, &raw mut table, count, &raw mut op, indirect);
        let is_equal = |column| {
            let (mut old, mut there) = (ptr::null_mut(), ptr::null_mut());
            ffi::sqlite3changeset_old(walk, column, &raw mut old) == ffi::SQLITE_OK
                && ffi::sqlite3changeset_conflict(walk, column, &raw mut there) == ffi::SQLITE_OK
                && !old.is_null()
                && !there.is_null()
                && held(old) == held(there)
        };
        code == ffi::SQLITE_OK
            && op == ffi::SQLITE_DELETE
            && (0..columns).all(|column| column == STAMP || is_equal(column))
    }
}

/// The type of a value and its bytes.
///
/// # Safety
/// It has to be a value of a changeset.
unsafe fn held(value: *mut ffi::sqlite3_value) -> (c_int, Vec<u8>) {
    // SAFETY: as the caller says; a number is not read as a text, which would change it.
    unsafe {
        let kind = ffi::sqlite3_value_type(value);
        let bytes = match kind {
            ffi::SQLITE_INTEGER => ffi::sqlite3_value_int64(value).to_le_bytes().to_vec(),
            ffi::SQLITE_FLOAT => ffi::sqlite3_value_double(value).to_le_bytes().to_vec(),
            ffi::SQLITE_TEXT => text(value),
            _ => Vec::new(),
        };
        (kind, bytes)
    }
}

/// # Safety
/// It has to be a text of a changeset.
unsafe fn text(value: *mut ffi::sqlite3_value) -> Vec<u8> {
    // SAFETY: as the caller says; a text has as many bytes as SQLite says.
    unsafe {
        let (at, len) = (ffi::sqlite3_value_text(value), ffi::sqlite3_value_bytes(value));
        if at.is_null() { Vec::new() } else { std::slice::from_raw_parts(at, len as usize).to_vec() }
    }
}

/// The changeset that takes another back.
///
/// # Errors
/// What is wrong with the bytes.
pub(super) fn invert(changes: &[u8]) -> rusqlite::Result<Vec<u8>> {
    let (len, from) = parts(changes);
    // SAFETY: the bytes are only read.
    Given::by(|out, at| unsafe { ffi::sqlite3changeset_invert(len, from, out, at) })
}

struct Group(*mut ffi::sqlite3_changegroup);

impl Drop for Group {
    fn drop(&mut self) {
        // SAFETY: it was made by `join` and is not used any more.
        unsafe { ffi::sqlite3changegroup_delete(self.0) }
    }
}

/// One changeset that does what these do in their order.
///
/// # Errors
/// What is wrong with the bytes.
pub(super) fn join(all: impl Iterator<Item = Vec<u8>>) -> rusqlite::Result<Vec<u8>> {
    let mut made = ptr::null_mut();
    // SAFETY: it is given back to SQLite as it ends here.
    checked(unsafe { ffi::sqlite3changegroup_new(&raw mut made) })?;
    let group = Group(made);
    for changes in all {
        let (len, at) = parts(&changes);
        // SAFETY: the bytes are copied.
        checked(unsafe { ffi::sqlite3changegroup_add(group.0, len, at) })?;
    }
    // SAFETY: the group lives.
    Given::by(|len, at| unsafe { ffi::sqlite3changegroup_output(group.0, len, at) })
}

struct Walk(*mut ffi::sqlite3_changeset_iter);

impl Drop for Walk {
    fn drop(&mut self) {
        // SAFETY: it was made by `changed` and is not used any more.
        unsafe { ffi::sqlite3changeset_finalize(self.0) };
    }
}

/// The rows that a changeset is about, of tables whose first column is a text and their key.
///
/// # Errors
/// What is wrong with the bytes.
pub(super) fn changed(changes: &[u8]) -> rusqlite::Result<Vec<Changed>> {
    let mut found = Vec::new();
    let mut made = ptr::null_mut();
    let (len, at) = parts(changes);
    // SAFETY: the bytes outlive the walk, which ends with this function.
    checked(unsafe { ffi::sqlite3changeset_start(&raw mut made, len, at) })?;
    let walk = Walk(made);
    loop {
        // SAFETY: the walk lives.
        match unsafe { ffi::sqlite3changeset_next(walk.0) } {
            ffi::SQLITE_ROW => found.push(at_walk(&walk)?),
            ffi::SQLITE_DONE => return Ok(found),
            code => checked(code)?,
        }
    }
}

fn at_walk(walk: &Walk) -> rusqlite::Result<Changed> {
    let (mut table, mut columns, mut op, mut indirect) = (ptr::null(), 0, 0, 0);
    let mut key = ptr::null_mut();
    // SAFETY: the walk stands on a change. Its table's name and its values live until it goes on.
    unsafe {
        let (columns, indirect) = (&raw mut columns, &raw mut indirect);
        checked(ffi::sqlite3changeset_op(walk.0, &raw mut table, columns, &raw mut op, indirect))?;
        checked(match op {
            ffi::SQLITE_INSERT => ffi::sqlite3changeset_new(walk.0, 0, &raw mut key),
            _ => ffi::sqlite3changeset_old(walk.0, 0, &raw mut key),
        })?;
        if key.is_null() || ffi::sqlite3_value_type(key) != ffi::SQLITE_TEXT {
            checked(ffi::SQLITE_CORRUPT)?;
        }
        let key = String::from_utf8_lossy(&text(key)).into_owned();
        let table = CStr::from_ptr(table).to_string_lossy().into_owned();
        Ok(Changed { table, key: Key::new(&key), gone: op == ffi::SQLITE_DELETE })
    }
}

/// SQLite takes what it only reads as if it were to be written.
fn parts(changes: &[u8]) -> (c_int, *mut c_void) {
    let len = c_int::try_from(changes.len()).expect("a changeset is smaller than 2 GiB");
    (len, changes.as_ptr().cast_mut().cast())
}

fn handle(database: &Connection) -> *mut ffi::sqlite3 {
    // SAFETY: nothing here closes it.
    unsafe { database.handle() }
}
