//! System calls that need unsafe code: a thread's network namespace, its TUN device, and timers.

#![expect(unsafe_code, reason = "neither std nor a safe wrapper has these calls")]

use std::ffi::c_void;
use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags};
use rustix::ioctl::{Ioctl, IoctlOutput, Opcode};
use rustix::thread::{UnshareFlags, unshare_unsafe};
use tokio::io::{Interest, unix::AsyncFd};

/// `TUNSETIFF`: creates the device of this request, or attaches to it.
const TUN_SET_IFF: Opcode = 0x4004_54ca;
/// `IFF_TUN | IFF_NO_PI`: IP packets without a prefix.
const TUN_WITHOUT_INFO: u16 = 0x0001 | 0x1000;

/// `struct ifreq`.
#[repr(C)]
struct Request {
    name: [u8; 16],
    flags: u16,
    rest: [u8; 22],
}

// SAFETY: the opcode takes a `struct ifreq`, reads it and writes its name, and keeps no pointer.
unsafe impl Ioctl for Request {
    type Output = ();
    const IS_MUTATING: bool = true;
    fn opcode(&self) -> Opcode {
        TUN_SET_IFF
    }
    fn as_ptr(&mut self) -> *mut c_void {
        std::ptr::from_mut(self).cast()
    }
    unsafe fn output_from_ptr(_: IoctlOutput, _: *mut c_void) -> rustix::io::Result<()> {
        Ok(())
    }
}

/// Moves the calling thread, and threads that it starts, into a new network namespace.
///
/// # Errors
/// The thread lacks the privilege, or the kernel has no namespaces.
pub(crate) fn unshare_network() -> io::Result<()> {
    // SAFETY: the thread leaves only the shared network namespace, on which no memory depends.
    unsafe { unshare_unsafe(UnshareFlags::NEWNET) }?;
    Ok(())
}

/// A TUN device in the calling thread's namespace, for reading and writing its packets.
///
/// # Errors
/// The kernel has no TUN devices, or the thread may not create one.
pub(crate) fn device(name: &str) -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let device = rustix::fs::open("/dev/net/tun", flags, Mode::empty())?;
    let mut request = Request { name: [0; 16], flags: TUN_WITHOUT_INFO, rest: [0; 22] };
    request.name[..name.len()].copy_from_slice(name.as_bytes());
    // SAFETY: see the implementation of `Ioctl`.
    unsafe { rustix::ioctl::ioctl(&device, request) }?;
    Ok(device)
}

/// Registers a descriptor so that tasks can wait until it is readable.
///
/// # Errors
/// It cannot be waited for.
pub(crate) fn awaited(of: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: `AsyncFd` owns the descriptor, which stays open until after it is deregistered.
    let awaited = unsafe { AsyncFd::register_with_interest(of, Interest::READABLE) };
    Ok(awaited?)
}
