//! Files beside the phone's databases. JavaScript reads and writes each file as a whole.

use std::io;

use super::state::Host;

/// Returns the file's name on the disk. It has no folders and differs from each database's name.
fn named(name: &str) -> String {
    format!("js-file-{}", name.replace('/', "%2F"))
}

pub(super) fn read(host: &Host, name: &str) -> io::Result<Option<Vec<u8>>> {
    let Some(files) = host.disk.files().filter(|files| !host.dies() && files.exists(&named(name))) else {
        return Ok(None);
    };
    let file = files.open(&named(name))?;
    let mut bytes = vec![0; usize::try_from(file.size()).unwrap_or(0)];
    let read = file.read_at(0, &mut bytes)?;
    bytes.truncate(read);
    Ok(Some(bytes))
}

/// Writes a file and syncs it. Returns true if the file existed before.
pub(super) fn write(host: &Host, name: &str, bytes: &[u8]) -> io::Result<()> {
    let Some(files) = host.disk.files().filter(|_| !host.dies()) else { return Ok(()) };
    let file = files.open(&named(name))?;
    file.set_len(0)?;
    file.write_at(0, bytes)?;
    file.sync()
}

pub(super) fn remove(host: &Host, name: &str) -> io::Result<bool> {
    host.disk.files().filter(|_| !host.dies()).map_or(Ok(false), |files| files.remove(&named(name)))
}
