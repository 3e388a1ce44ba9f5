//! The VFS translates SQLite's calls to the simulated disk. No other file of this crate has
//! `unsafe` code. The code relies on these facts:
//! - SQLite calls a file's methods only between its `xOpen` and its `xClose`, with a pointer to the
//!   `szOsFile` bytes of that file.
//! - SQLite never makes two calls at once, because connections have no mutex and are not `Sync`.
//! - Connections are `Send` but a disk is not, so an open file refuses other threads.
//! - No method calls back into SQLite.
//! - A panic aborts the program. It never unwinds into C.

#![expect(unsafe_code, reason = "SQLite's VFS is a C interface; it is confined to this file")]

use std::alloc::{self, Layout};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem::ManuallyDrop;
use std::ptr;
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, ffi};

use super::content::SECTOR;
use super::core::{Dead, find};
use super::handle::Handle;
use super::locks::Level;
use crate::contract::Database;

/// The name of the VFS of simulated disks.
pub const VFS_NAME: &str = "syncdyno";
const VFS_NAME_C: &CStr = c"syncdyno";

const PATH_MAX: c_int = 255;

/// The constant time of SQLite's clock: 2000-01-01T00:00:00Z as a Julian day in milliseconds.
const JULIAN_MS: i64 = 211_813_444_800_000;

/// Opens a database for one thread, or creates it. SQLite reports a lock conflict at once, without
/// a wait.
pub fn open(location: &Database) -> rusqlite::Result<Connection> {
    prepare();
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match location.vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(&location.path, flags, vfs),
        None => Connection::open_with_flags(&location.path, flags),
    }?;
    // No other task can release the lock while this thread waits.
    connection.busy_timeout(Duration::ZERO)?;
    Ok(connection)
}

/// Configures SQLite for this operating-system process and registers the VFS of simulated disks,
/// once. If code opens a connection without [`open`], it must call this function first, because
/// later the settings have no effect.
pub fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        configure();
        register();
    });
}

fn configure() {
    // SAFETY: `sqlite3_config` must not run at the same time as other calls of SQLite. `Once`
    // admits one thread, and after initialisation SQLite refuses the call. The arguments have the
    // types that the options need; SQLite copies the methods.
    unsafe {
        // Statistics of memory would take a global mutex at each allocation.
        ffi::sqlite3_config(ffi::SQLITE_CONFIG_MEMSTATUS, 0 as c_int);
        ffi::sqlite3_config(ffi::SQLITE_CONFIG_MALLOC, ptr::from_ref(&MEMORY));
        // Lookaside memory would take 48 KB per connection. A fleet has many idle connections.
        ffi::sqlite3_config(ffi::SQLITE_CONFIG_LOOKASIDE, 0 as c_int, 0 as c_int);
        // A page cache would take 76 KB per idle device when the cache gets its first page.
        ffi::sqlite3_config(ffi::SQLITE_CONFIG_PAGECACHE, ptr::null_mut::<c_void>(), 0 as c_int, 0 as c_int);
    }
}

/// SQLite uses Rust's allocator. Each time a database is opened again, SQLite makes thousands of
/// small allocations.
const MEMORY: ffi::sqlite3_mem_methods = ffi::sqlite3_mem_methods {
    xMalloc: Some(take),
    xFree: Some(give_back),
    xRealloc: Some(resize),
    xSize: Some(size_of_piece),
    xRoundup: Some(rounded_up),
    xInit: Some(ready),
    xShutdown: None,
    pAppData: ptr::null_mut(),
};

/// The number of bytes before each allocation. They hold its size.
const HEAD: usize = 8;

fn layout(size: usize) -> Layout {
    Layout::from_size_align(HEAD + size, HEAD).expect("SQLite asks for less than 2 GiB")
}

/// Stores the size in an allocation and returns the part after the head.
///
/// # Safety
/// `piece` is null or has the layout for this size.
unsafe fn marked(piece: *mut u8, size: usize) -> *mut c_void {
    if piece.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: by this function's contract the head is there, and aligned.
    unsafe {
        piece.cast::<usize>().write(size);
        piece.add(HEAD).cast()
    }
}

/// The start of an allocation, and its size.
///
/// # Safety
/// `piece` comes from `marked`.
unsafe fn head(piece: *mut c_void) -> (*mut u8, usize) {
    // SAFETY: `marked` returned the pointer after the head that it wrote.
    unsafe {
        let start = piece.cast::<u8>().sub(HEAD);
        (start, start.cast::<usize>().read())
    }
}

extern "C" fn take(size: c_int) -> *mut c_void {
    let size = size as usize;
    // SAFETY: the layout is not empty, and `marked` gets an allocation of that layout.
    unsafe { marked(alloc::alloc(layout(size)), size) }
}

unsafe extern "C" fn give_back(piece: *mut c_void) {
    if !piece.is_null() {
        // SAFETY: SQLite frees each piece once, and the piece was allocated here.
        unsafe {
            let (start, size) = head(piece);
            alloc::dealloc(start, layout(size));
        }
    }
}

unsafe extern "C" fn resize(piece: *mut c_void, to: c_int) -> *mut c_void {
    let to = to as usize;
    // SAFETY: SQLite allocated the piece here, and does not use the old one if there is a new one.
    unsafe {
        let (start, size) = head(piece);
        marked(alloc::realloc(start, layout(size), layout(to).size()), to)
    }
}

unsafe extern "C" fn size_of_piece(piece: *mut c_void) -> c_int {
    // SAFETY: SQLite allocated the piece here.
    if piece.is_null() { 0 } else { unsafe { head(piece).1 as c_int } }
}

extern "C" fn rounded_up(size: c_int) -> c_int {
    (size + 7) & !7
}

extern "C" fn ready(_: *mut c_void) -> c_int {
    ffi::SQLITE_OK
}

fn register() {
    let vfs = Box::leak(Box::new(ffi::sqlite3_vfs {
        iVersion: 2,
        szOsFile: size_of::<OpenFile>() as c_int,
        mxPathname: PATH_MAX,
        pNext: ptr::null_mut(),
        zName: VFS_NAME_C.as_ptr(),
        pAppData: ptr::null_mut(),
        xOpen: Some(open_file),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_pathname),
        xDlOpen: None,
        xDlError: None,
        xDlSym: None,
        xDlClose: None,
        xRandomness: Some(randomness),
        xSleep: Some(sleep),
        xCurrentTime: None,
        xGetLastError: None,
        xCurrentTimeInt64: Some(current_time_ms),
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    }));
    // SAFETY: SQLite writes `pNext` under its own mutex; the leaked structure has no other user.
    let code = unsafe { ffi::sqlite3_vfs_register(vfs, 0) };
    assert_eq!(code, ffi::SQLITE_OK, "SQLite takes a well-formed VFS");
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

#[repr(C)]
struct OpenFile {
    base: ffi::sqlite3_file,
    thread: u64,
    handle: ManuallyDrop<Handle>,
}

static NEXT_THREAD: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static THREAD: u64 = NEXT_THREAD.fetch_add(1, Ordering::Relaxed);
}

/// A number that identifies this thread.
fn this_thread() -> u64 {
    THREAD.with(|number| *number)
}

/// The handle behind SQLite's pointer; `Dead` on a thread other than the file's own.
///
/// # Safety
/// `file` was filled by `open_file` and not emptied by `close`, and no other reference to its
/// handle is alive.
#[inline]
unsafe fn handle<'a>(file: *mut ffi::sqlite3_file) -> Result<&'a mut Handle, Dead> {
    let file = file.cast::<OpenFile>();
    // SAFETY: by this function's contract. `thread` is set before SQLite knows the file and never
    // changes, so any thread may read it.
    let thread = unsafe { (*file).thread };
    if thread != this_thread() {
        return Err(Dead);
    }
    // SAFETY: as above, and only this thread uses the handle, one call at a time.
    Ok(unsafe { &mut (*file).handle })
}

/// Calls `what` with an open file, or returns `dead` if its process ended or has no power.
///
/// # Safety
/// As for `handle`.
#[inline]
unsafe fn ask(
    file: *mut ffi::sqlite3_file,
    dead: c_int,
    what: impl FnOnce(&mut Handle) -> Result<c_int, Dead>,
) -> c_int {
    // SAFETY: by this function's contract.
    unsafe { handle(file) }.and_then(|it| if it.is_alive() { what(it) } else { Err(Dead) }).unwrap_or(dead)
}

fn ok_or(refused: c_int, granted: bool) -> c_int {
    if granted { ffi::SQLITE_OK } else { refused }
}

/// The text at SQLite's pointer.
///
/// # Safety
/// `text` is null or points to a string that ends in a zero byte and outlives the result.
unsafe fn text<'a>(text: *const c_char) -> Option<&'a str> {
    if text.is_null() {
        return None;
    }
    // SAFETY: by this function's contract.
    unsafe { CStr::from_ptr(text) }.to_str().ok()
}

unsafe extern "C" fn open_file(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite passes `szOsFile` writable bytes. Null methods tell it that there is nothing
    // to close.
    unsafe { (*file).pMethods = ptr::null() };
    let has = |flag| flags & flag != 0;
    let opened = if name.is_null() {
        Ok(Some(Handle::scratch()))
    } else {
        // SAFETY: SQLite passes a zero-terminated path that lives as long as the file is open.
        unsafe { text(name) }.and_then(find).map_or(Ok(None), |(core, name)| {
            let create = has(ffi::SQLITE_OPEN_CREATE);
            let file = core.open(name, create, create && has(ffi::SQLITE_OPEN_EXCLUSIVE))?;
            Ok(file.map(|file| Handle::new(core, file)))
        })
    };
    let handle = match opened {
        Ok(Some(handle)) => ManuallyDrop::new(handle),
        Ok(None) => return ffi::SQLITE_CANTOPEN,
        Err(Dead) => return ffi::SQLITE_IOERR,
    };
    let base = ffi::sqlite3_file { pMethods: &METHODS };
    // SAFETY: the place has `szOsFile` bytes, aligned to 8 as all of SQLite's memory. Its old
    // contents need no drop. `flags_out` is null or writable.
    unsafe {
        file.cast::<OpenFile>().write(OpenFile { base, thread: this_thread(), handle });
        if !flags_out.is_null() {
            *flags_out = flags;
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite closes an open file, once.
    match unsafe { handle(file) } {
        Ok(_) => {
            // SAFETY: no reference is left, this is the file's thread, and SQLite does not use the
            // file any more. This is the only drop.
            unsafe { ManuallyDrop::drop(&mut (*file.cast::<OpenFile>()).handle) };
            ffi::SQLITE_OK
        }
        // Another thread must not free memory of this file, so the handle leaks.
        Err(Dead) => ffi::SQLITE_IOERR_CLOSE,
    }
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, to: *mut c_void, len: c_int, at: i64) -> c_int {
    let (to, len) = (to.cast::<u8>(), len as usize);
    // SAFETY: the file is open. `to` has room for `len` bytes, and is not our memory. SQLite wants
    // zeros for bytes that do not exist.
    unsafe {
        ask(file, ffi::SQLITE_IOERR_READ, |it| {
            let copy =
                |start, bytes: &[u8]| ptr::copy_nonoverlapping(bytes.as_ptr(), to.add(start), bytes.len());
            let there = it.read(at as u64, len, copy);
            ptr::write_bytes(to.add(there), 0, len - there);
            Ok(ok_or(ffi::SQLITE_IOERR_SHORT_READ, there == len))
        })
    }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, from: *const c_void, len: c_int, at: i64) -> c_int {
    // SAFETY: the file is open. SQLite passes `len` readable bytes; no code writes to them now.
    unsafe {
        let bytes = std::slice::from_raw_parts(from.cast::<u8>(), len as usize);
        ask(file, ffi::SQLITE_IOERR_WRITE, |it| Ok(ok_or(ffi::SQLITE_FULL, it.write(at as u64, bytes)?)))
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: i64) -> c_int {
    // SAFETY: the file is open.
    unsafe { ask(file, ffi::SQLITE_IOERR_TRUNCATE, |it| it.truncate(size as u64).map(|()| ffi::SQLITE_OK)) }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: the file is open.
    unsafe { ask(file, ffi::SQLITE_IOERR_FSYNC, |it| it.sync().map(|()| ffi::SQLITE_OK)) }
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, size: *mut i64) -> c_int {
    // SAFETY: the file is open, and SQLite passes a place for one number.
    unsafe {
        ask(file, ffi::SQLITE_IOERR_FSTAT, |it| {
            *size = it.size() as i64;
            Ok(ffi::SQLITE_OK)
        })
    }
}

fn level(number: c_int) -> Level {
    match number {
        ffi::SQLITE_LOCK_NONE => Level::None,
        ffi::SQLITE_LOCK_SHARED => Level::Shared,
        ffi::SQLITE_LOCK_RESERVED => Level::Reserved,
        ffi::SQLITE_LOCK_PENDING => Level::Pending,
        ffi::SQLITE_LOCK_EXCLUSIVE => Level::Exclusive,
        other => panic!("SQLite has no lock level {other}"),
    }
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, want: c_int) -> c_int {
    // SAFETY: the file is open.
    unsafe { ask(file, ffi::SQLITE_IOERR_LOCK, |it| Ok(ok_or(ffi::SQLITE_BUSY, it.lock(level(want))))) }
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, to: c_int) -> c_int {
    // SAFETY: the file is open.
    unsafe {
        ask(file, ffi::SQLITE_IOERR_UNLOCK, |it| {
            it.unlock(level(to));
            Ok(ffi::SQLITE_OK)
        })
    }
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, is_reserved: *mut c_int) -> c_int {
    // SAFETY: the file is open, and SQLite passes a place for one number.
    unsafe {
        ask(file, ffi::SQLITE_IOERR_CHECKRESERVEDLOCK, |it| {
            *is_reserved = c_int::from(it.is_reserved());
            Ok(ffi::SQLITE_OK)
        })
    }
}

unsafe extern "C" fn file_control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    SECTOR as c_int
}

unsafe extern "C" fn device_characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    0
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    index: c_int,
    bytes: c_int,
    extend: c_int,
    region: *mut *mut c_void,
) -> c_int {
    // SAFETY: the file is open, and SQLite passes a place for one pointer. The region has cells, so
    // any pointer may write to it. It exists as long as this file's mapping.
    unsafe {
        ask(file, ffi::SQLITE_IOERR_SHMMAP, |it| {
            let found = it.mapping().region(index as usize, bytes as usize, extend != 0);
            *region = found.map_or(ptr::null_mut(), |region| region.as_ptr().cast_mut().cast());
            Ok(ffi::SQLITE_OK)
        })
    }
}

unsafe extern "C" fn shm_lock(file: *mut ffi::sqlite3_file, first: c_int, n: c_int, flags: c_int) -> c_int {
    let (slots, has) = (first as usize..(first + n) as usize, |flag| flags & flag != 0);
    // SAFETY: the file is open.
    unsafe {
        ask(file, ffi::SQLITE_IOERR_SHMLOCK, |it| {
            if has(ffi::SQLITE_SHM_UNLOCK) {
                it.mapping().unlock(slots);
                return Ok(ffi::SQLITE_OK);
            }
            Ok(ok_or(ffi::SQLITE_BUSY, it.mapping().lock(slots, has(ffi::SQLITE_SHM_EXCLUSIVE))))
        })
    }
}

unsafe extern "C" fn shm_barrier(_: *mut ffi::sqlite3_file) {
    fence(Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, _delete: c_int) -> c_int {
    // SAFETY: the file is open; SQLite has forgotten its pointers into the regions.
    match unsafe { handle(file) } {
        Ok(it) => it.mapping = None,
        Err(Dead) => return ffi::SQLITE_IOERR_CLOSE,
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, path: *const c_char, sync_dir: c_int) -> c_int {
    // SAFETY: SQLite passes a zero-terminated path.
    let Some((core, name)) = (unsafe { text(path) }).and_then(find) else {
        return ffi::SQLITE_IOERR_DELETE;
    };
    match core.delete(name, sync_dir != 0) {
        Ok(true) => ffi::SQLITE_OK,
        Ok(false) => ffi::SQLITE_IOERR_DELETE_NOENT,
        Err(Dead) => ffi::SQLITE_IOERR_DELETE,
    }
}

unsafe extern "C" fn access(
    _: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    _flags: c_int,
    answer: *mut c_int,
) -> c_int {
    // SAFETY: SQLite passes a zero-terminated path.
    let exists = unsafe { text(path) }.and_then(find).map_or(Ok(false), |(core, name)| core.exists(name));
    let Ok(exists) = exists else { return ffi::SQLITE_IOERR_ACCESS };
    // SAFETY: SQLite passes a place for one number.
    unsafe { *answer = c_int::from(exists) };
    ffi::SQLITE_OK
}

/// Copies the path, because every path of this VFS is a full path.
unsafe extern "C" fn full_pathname(
    _: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: SQLite passes a zero-terminated path.
    let bytes = unsafe { CStr::from_ptr(path) }.to_bytes_with_nul();
    if bytes.len() > room as usize {
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: `out` has `room` bytes, and is not the path's own memory.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr().cast(), out, bytes.len()) };
    ffi::SQLITE_OK
}

/// Fills `out` with a constant. SQLite does not use it as its random seed: it asks the default VFS.
unsafe extern "C" fn randomness(_: *mut ffi::sqlite3_vfs, len: c_int, out: *mut c_char) -> c_int {
    // SAFETY: `out` has room for `len` bytes.
    unsafe { ptr::write_bytes(out, 0x5d, len as usize) };
    len
}

unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    microseconds
}

unsafe extern "C" fn current_time_ms(_: *mut ffi::sqlite3_vfs, ms: *mut i64) -> c_int {
    // SAFETY: SQLite passes a place for one number.
    unsafe { *ms = JULIAN_MS };
    ffi::SQLITE_OK
}

#[cfg(test)]
pub(super) fn memory_in_use() -> i64 {
    // SAFETY: this call has no arguments, and takes its own lock.
    unsafe { ffi::sqlite3_memory_used() }
}
