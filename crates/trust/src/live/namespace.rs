//! A thread's network namespace: its device, its address, its TCP settings.

use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, OwnedFd};
use std::process::Command;

use rustix::net::sockopt::set_tcp_congestion;

use crate::live::kernel;

/// The addresses of the server and of the phone.
pub(crate) const SERVER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
pub(crate) const PHONE: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);
/// The device's name on both sides.
const DEVICE: &str = "live0";

/// Moves the calling thread into a namespace with one device of this address. Reading the device
/// gives the packets that the thread's sockets send.
///
/// # Errors
/// What this machine does not allow.
pub(crate) fn enter(address: Ipv4Addr, mtu: u32) -> io::Result<OwnedFd> {
    kernel::unshare_network()?;
    let device = kernel::device(DEVICE)?;
    ip(&format!("addr add {address}/30 dev {DEVICE}"))?;
    ip(&format!("link set {DEVICE} mtu {mtu} up"))?;
    // Do not reuse metrics of earlier connections.
    fs::write("/proc/sys/net/ipv4/tcp_no_metrics_save", "1")?;
    Ok(device)
}

/// Sets the congestion control of a socket and of connections it accepts. The default of a
/// namespace can only be set in the initial one.
///
/// # Errors
/// The kernel does not have this congestion control.
pub(crate) fn set_congestion_control(socket: &impl AsFd, congestion: &str) -> io::Result<()> {
    set_tcp_congestion(socket, congestion)
        .map_err(|e| io::Error::new(e.kind(), format!("congestion control {congestion}: {e}")))
}

fn ip(words: &str) -> io::Result<()> {
    let done = Command::new("ip").args(words.split(' ')).output();
    let done = done.map_err(|e| io::Error::new(e.kind(), format!("ip: {e}")))?;
    if done.status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("ip {words}: {}", String::from_utf8_lossy(&done.stderr).trim())))
}

/// Whether the kernel has this congestion control.
pub(crate) fn has(congestion: &str) -> bool {
    let known = fs::read_to_string("/proc/sys/net/ipv4/tcp_available_congestion_control");
    known.is_ok_and(|known| known.split_whitespace().any(|one| one == congestion))
}

/// Gives the calling thread real-time priority; returns whether that worked.
pub(crate) fn hurry(priority: u8) -> bool {
    let thread = rustix::thread::gettid().as_raw_nonzero().to_string();
    let done = Command::new("chrt").args(["-f", "-p", &priority.to_string(), &thread]).output();
    done.is_ok_and(|done| done.status.success())
}

/// Why cells cannot run on this machine; `None` if they can.
pub(crate) fn refusal() -> Option<String> {
    let tried = std::thread::scope(|scope| scope.spawn(|| enter(PHONE, 1_500).map(drop)).join());
    match tried {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(format!("it takes root: {error}")),
        Err(_) => Some("a thread did not start".to_owned()),
    }
}
