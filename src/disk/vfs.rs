//! The VFS: SQLite's calls, translated. The only file of the crate with `unsafe` in it.
//!
//! What the `unsafe` rests on, beside the contract stated at each block:
//!
//! - SQLite calls the methods of a file between its `xOpen` and its `xClose`, with a pointer to the
//!   `szOsFile` bytes it set aside for it, and never two methods of one file at once: connections
//!   are opened without a mutex, and `rusqlite::Connection` is not `Sync`.
//! - It is `Send`, however, and a disk is not. Hence each open file notes its thread and refuses
//!   any other.
//! - No method calls back into SQLite, so none is entered while another of the same file runs.
//! - A panic here does not unwind into C: it aborts, as `extern "C"` has it.

#![expect(unsafe_code, reason = "SQLite's VFS is a C interface; it is confined to this file")]

use std::alloc::{self, Layout};
use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem::ManuallyDrop;
use std::ptr;
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, ffi};

use super::content::SECTOR;
use super::core::{Dead, NotWritten, OpenError, find};
use super::handle::Handle;
use super::locks::Level;
use crate::contract::Database;

/// The name under which SQLite knows the simulated disks.
pub const VFS_NAME: &str = "syncdyno";
const VFS_NAME_C: &CStr = c"syncdyno";

/// Longest path; SQLite sets aside a buffer of this size for each database.
const PATH_MAX: c_int = 255;

/// 2000-01-01T00:00:00Z in milliseconds of the Julian day: what SQLite's clock shows for ever.
const JULIAN_MS: i64 = 211_813_444_800_000;

/// Opens a database for use by one thread, made if it is not there; a taken lock is reported at
/// once.
///
/// # Errors
/// As SQLite's.
pub fn open(location: &Database) -> rusqlite::Result<Connection> {
    prepare();
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match location.vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(&location.path, flags, vfs),
        None => Connection::open_with_flags(&location.path, flags),
    }?;
    // Nobody else runs while this thread waits.
    connection.busy_timeout(Duration::ZERO)?;
    Ok(connection)
}

/// Sets up SQLite for this process and makes the simulated disks known to it; only the first call
/// does anything.
///
/// [`open`] calls it. Code that opens a connection in another way calls it first: the settings are
/// without effect once SQLite was used.
pub fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        configure();
        register();
    });
}

/// Settings for many small databases on several threads.
fn configure() {
    // SAFETY: `sqlite3_config` must not run beside other calls of SQLite. `Once` lets one thread
    // through and holds the others that come through `prepare`; all of this crate do. After
    // initialisation it refuses with SQLITE_MISUSE and changes nothing. The variable arguments have
    // the types that SQLite documents for each option; it copies the methods.
    unsafe {
        // Malloc statistics take a global mutex at each allocation.
        ffi::sqlite3_config(ffi::SQLITE_CONFIG_MEMSTATUS, 0 as c_int);
        ffi::sqlite3_config(ffi::SQLITE_CONFIG_MALLOC, ptr::from_ref(&MEMORY));
        // Small pieces set aside for each connection: 48 KB, and a fleet has many, mostly idle.
        ffi::sqlite3_config(ffi::SQLITE_CONFIG_LOOKASIDE, 0 as c_int, 0 as c_int);
        // Pages set aside for each cache at its first page: 76 KB of an idle device.
        ffi::sqlite3_config(ffi::SQLITE_CONFIG_PAGECACHE, ptr::null_mut::<c_void>(), 0 as c_int, 0 as c_int);
    }
}

/// SQLite's memory comes from where all other memory does: a database that is opened again and
/// again takes thousands of small pieces each time.
const MEMORY: ffi::sqlite3_mem_methods = ffi::sqlite3_mem_methods {
    xMalloc: Some(take),
    xFree: Some(give_back),
    xRealloc: Some(resize),
    xSize: Some(size_of_piece),
    xRoundup: Some(rounded_up),
    xInit: Some(ready),
    xShutdown: Some(over),
    pAppData: ptr::null_mut(),
};

/// Before each piece lies how long it is.
const HEAD: usize = 8;

fn layout(size: usize) -> Layout {
    Layout::from_size_align(HEAD + size, HEAD).expect("SQLite asks for less than 2 GiB")
}

/// Notes the size in a piece of memory, unless there was none; gives what is behind it.
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

/// Where a piece begins, and its size.
///
/// # Safety
/// `piece` comes from `marked`.
unsafe fn head(piece: *mut c_void) -> (*mut u8, usize) {
    // SAFETY: `marked` gave what lies behind the head, which it wrote.
    unsafe {
        let start = piece.cast::<u8>().sub(HEAD);
        (start, start.cast::<usize>().read())
    }
}

extern "C" fn take(size: c_int) -> *mut c_void {
    let size = size as usize;
    // SAFETY: the layout is not empty, and `marked` is given what has it.
    unsafe { marked(alloc::alloc(layout(size)), size) }
}

unsafe extern "C" fn give_back(piece: *mut c_void) {
    if !piece.is_null() {
        // SAFETY: SQLite gives back, once, what it took here.
        unsafe {
            let (start, size) = head(piece);
            alloc::dealloc(start, layout(size));
        }
    }
}

unsafe extern "C" fn resize(piece: *mut c_void, to: c_int) -> *mut c_void {
    let to = to as usize;
    // SAFETY: SQLite has taken the piece here, and does not use the old one if there is a new one.
    unsafe {
        let (start, size) = head(piece);
        marked(alloc::realloc(start, layout(size), layout(to).size()), to)
    }
}

unsafe extern "C" fn size_of_piece(piece: *mut c_void) -> c_int {
    // SAFETY: SQLite has taken the piece here.
    if piece.is_null() { 0 } else { unsafe { head(piece).1 as c_int } }
}

extern "C" fn rounded_up(size: c_int) -> c_int {
    (size + 7) & !7
}

extern "C" fn ready(_: *mut c_void) -> c_int {
    ffi::SQLITE_OK
}

extern "C" fn over(_: *mut c_void) {}

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
        xCurrentTime: Some(current_time),
        xGetLastError: None,
        xCurrentTimeInt64: Some(current_time_ms),
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    }));
    // SAFETY: SQLite keeps the pointer and writes `pNext` under its own mutex; the structure is
    // leaked, so it lives as long, and nobody else holds a reference to it.
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

/// What SQLite's pointer to an open file points to.
#[repr(C)]
struct OpenFile {
    base: ffi::sqlite3_file,
    thread: u64,
    handle: ManuallyDrop<Handle>,
}

thread_local! {
    static THREAD: Cell<u64> = const { Cell::new(0) };
}

/// A number that no other thread of the process has or had; 0 on a thread that never opened a file.
fn this_thread() -> u64 {
    THREAD.get()
}

fn number_this_thread() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    if THREAD.get() == 0 {
        THREAD.set(NEXT.fetch_add(1, Ordering::Relaxed));
    }
    THREAD.get()
}

/// The handle behind SQLite's pointer; `Dead` on a thread that is not its own.
///
/// # Safety
/// `file` is one that `open_file` filled and `close` has not emptied, and no other reference to its
/// handle is alive.
#[inline]
unsafe fn handle<'a>(file: *mut ffi::sqlite3_file) -> Result<&'a mut Handle, Dead> {
    let file = file.cast::<OpenFile>();
    // SAFETY: by this function's contract the pointer is to a filled `OpenFile`. Its `thread` is
    // written only before SQLite can know the file, so reading it is sound from any thread.
    let thread = unsafe { (*file).thread };
    if thread != this_thread() {
        return Err(Dead);
    }
    // SAFETY: as above, and this is the one thread that uses the handle, one call at a time.
    Ok(unsafe { &mut (*file).handle })
}

/// SQLite's answer to a lock that was granted, was not, or could not be asked for.
fn granted(answer: Result<bool, Dead>, dead: c_int) -> c_int {
    match answer {
        Ok(true) => ffi::SQLITE_OK,
        Ok(false) => ffi::SQLITE_BUSY,
        Err(Dead) => dead,
    }
}

/// SQLite's answer to what was done or could not be.
fn done(answer: Result<(), Dead>, dead: c_int) -> c_int {
    if answer.is_ok() { ffi::SQLITE_OK } else { dead }
}

/// SQLite's answer to what was asked for, which is told at `place`.
///
/// # Safety
/// `place` may be written.
unsafe fn told<T>(answer: Result<T, Dead>, place: *mut T, dead: c_int) -> c_int {
    let Ok(answer) = answer else { return dead };
    // SAFETY: by this function's contract.
    unsafe { *place = answer };
    ffi::SQLITE_OK
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
    // SAFETY: SQLite passes `szOsFile` writable bytes; null methods mean that there is nothing to
    // close.
    unsafe { (*file).pMethods = ptr::null() };
    let has = |flag| flags & flag != 0;
    let opened = if name.is_null() {
        Ok(Handle::scratch())
    } else {
        // SAFETY: SQLite passes a zero-terminated path that lives as long as the file is open.
        unsafe { text(name) }.and_then(find).ok_or(OpenError::Refused).and_then(|(core, name)| {
            let create = has(ffi::SQLITE_OPEN_CREATE);
            Handle::open(core, name, create, create && has(ffi::SQLITE_OPEN_EXCLUSIVE))
        })
    };
    let handle = match opened {
        Ok(handle) => ManuallyDrop::new(handle),
        Err(OpenError::Dead) => return ffi::SQLITE_IOERR,
        Err(OpenError::Refused) => return ffi::SQLITE_CANTOPEN,
    };
    let base = ffi::sqlite3_file { pMethods: &METHODS };
    // SAFETY: the place is `szOsFile` bytes, which is the size of `OpenFile`, aligned to 8 as
    // SQLite aligns all its memory; what was in it needs no drop. `flags_out` is null or writable.
    unsafe {
        file.cast::<OpenFile>().write(OpenFile { base, thread: number_this_thread(), handle });
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
            // SAFETY: the reference just made is gone, the thread is the handle's own, and SQLite
            // does not use the file any more: this is the one drop.
            unsafe { ManuallyDrop::drop(&mut (*file.cast::<OpenFile>()).handle) };
            ffi::SQLITE_OK
        }
        // On another thread nothing may be freed: the handle is leaked.
        Err(Dead) => ffi::SQLITE_IOERR_CLOSE,
    }
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, to: *mut c_void, len: c_int, at: i64) -> c_int {
    let (to, len) = (to.cast::<u8>(), len as usize);
    // SAFETY: the file is open.
    let there = unsafe { handle(file) }.and_then(|handle| {
        handle.read(at as u64, len, |start, bytes| {
            // SAFETY: `to` has room for `len` bytes, outside our memory; `start + bytes.len()` is
            // at most `len`.
            unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), to.add(start), bytes.len()) }
        })
    });
    match there {
        Ok(there) if there == len => ffi::SQLITE_OK,
        Ok(there) => {
            // SAFETY: as above; SQLite wants zeros for what is not there.
            unsafe { ptr::write_bytes(to.add(there), 0, len - there) };
            ffi::SQLITE_IOERR_SHORT_READ
        }
        Err(Dead) => ffi::SQLITE_IOERR_READ,
    }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, from: *const c_void, len: c_int, at: i64) -> c_int {
    // SAFETY: SQLite passes `len` readable bytes, which nobody writes during the call.
    let bytes = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), len as usize) };
    // SAFETY: the file is open.
    match unsafe { handle(file) }.map_err(NotWritten::from).and_then(|handle| handle.write(at as u64, bytes))
    {
        Ok(()) => ffi::SQLITE_OK,
        Err(NotWritten::Full) => ffi::SQLITE_FULL,
        Err(NotWritten::Dead) => ffi::SQLITE_IOERR_WRITE,
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: i64) -> c_int {
    // SAFETY: the file is open.
    let answer = unsafe { handle(file) }.and_then(|handle| handle.truncate(size as u64));
    done(answer, ffi::SQLITE_IOERR_TRUNCATE)
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: the file is open.
    let answer = unsafe { handle(file) }.and_then(|handle| handle.sync());
    done(answer, ffi::SQLITE_IOERR_FSYNC)
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, size: *mut i64) -> c_int {
    // SAFETY: the file is open, and SQLite passes a place for one number.
    unsafe {
        told(handle(file).and_then(|it| it.size()).map(|bytes| bytes as i64), size, ffi::SQLITE_IOERR_FSTAT)
    }
}

/// SQLite's lock level, of those it asks for.
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
    let answer = unsafe { handle(file) }.and_then(|handle| handle.lock(level(want)));
    granted(answer, ffi::SQLITE_IOERR_LOCK)
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, to: c_int) -> c_int {
    // SAFETY: the file is open.
    let answer = unsafe { handle(file) }.and_then(|handle| handle.unlock(level(to)));
    done(answer, ffi::SQLITE_IOERR_UNLOCK)
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, is_reserved: *mut c_int) -> c_int {
    // SAFETY: the file is open, and SQLite passes a place for one number.
    unsafe {
        let answer = handle(file).and_then(|handle| handle.is_reserved()).map(c_int::from);
        told(answer, is_reserved, ffi::SQLITE_IOERR_CHECKRESERVEDLOCK)
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
    // SAFETY: the file is open.
    let answer =
        unsafe { handle(file) }.and_then(|handle| handle.region(index as usize, bytes as usize, extend != 0));
    let Ok(found) = answer else {
        return ffi::SQLITE_IOERR_SHMMAP;
    };
    let start = found.map_or(ptr::null_mut(), |region| region.as_ptr().cast_mut().cast());
    // SAFETY: SQLite passes a place for one pointer. The region behind it is in cells, which may be
    // written through any pointer to them, and stays in place while this file's mapping is there:
    // until `shm_unmap` or `close`.
    unsafe { *region = start };
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_lock(file: *mut ffi::sqlite3_file, first: c_int, n: c_int, flags: c_int) -> c_int {
    let slots = first as usize..(first + n) as usize;
    // SAFETY: the file is open.
    let answer = unsafe { handle(file) }.and_then(|handle| {
        if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
            handle.unlock_shared(slots).map(|()| true)
        } else {
            handle.lock_shared(slots, flags & ffi::SQLITE_SHM_EXCLUSIVE != 0)
        }
    });
    granted(answer, ffi::SQLITE_IOERR_SHMLOCK)
}

unsafe extern "C" fn shm_barrier(_: *mut ffi::sqlite3_file) {
    fence(Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, _delete: c_int) -> c_int {
    // SAFETY: the file is open; SQLite has forgotten its pointers into the regions.
    done(unsafe { handle(file) }.map(Handle::unmap_shared), ffi::SQLITE_IOERR_CLOSE)
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
    let exists = match unsafe { text(path) }.and_then(find) {
        Some((core, name)) => core.exists(name),
        None => Ok(false),
    };
    // SAFETY: SQLite passes a place for one number.
    unsafe { told(exists.map(c_int::from), answer, ffi::SQLITE_IOERR_ACCESS) }
}

/// Every path here is full already.
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

/// SQLite seeds its generator from its default VFS, which this is not; who asks here gets the
/// same bytes always.
unsafe extern "C" fn randomness(_: *mut ffi::sqlite3_vfs, len: c_int, out: *mut c_char) -> c_int {
    // SAFETY: `out` has room for `len` bytes.
    unsafe { ptr::write_bytes(out, 0x5d, len as usize) };
    len
}

/// No time passes.
unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    microseconds
}

unsafe extern "C" fn current_time(_: *mut ffi::sqlite3_vfs, days: *mut f64) -> c_int {
    // SAFETY: SQLite passes a place for one number.
    unsafe { *days = JULIAN_MS as f64 / 86_400_000.0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn current_time_ms(_: *mut ffi::sqlite3_vfs, ms: *mut i64) -> c_int {
    // SAFETY: SQLite passes a place for one number.
    unsafe { *ms = JULIAN_MS };
    ffi::SQLITE_OK
}

/// Bytes that SQLite counts as allocated: 0 if it does not count.
#[cfg(test)]
pub(super) fn memory_in_use() -> i64 {
    // SAFETY: it has no arguments, and locks for itself.
    unsafe { ffi::sqlite3_memory_used() }
}
