//! Kills and power losses while a process uses the file port.

use std::io::ErrorKind;
use std::rc::Rc;

use super::{Disk, DiskOptions, PowerLoss};
use crate::contract::{File, Files};

fn files(disk: &Disk) -> Rc<dyn Files> {
    disk.location("app.db").files.expect("a simulated disk has files")
}

fn read(file: &dyn File) -> Vec<u8> {
    let mut into = vec![0; 64];
    let came = file.read_at(0, &mut into).unwrap();
    into.truncate(came);
    into
}

#[test]
fn a_file_outlives_kills_and_what_was_synced_a_loss_of_power() {
    let disk = Disk::new(DiskOptions::default());
    let log = files(&disk).open("log").unwrap();
    log.write_at(0, b"synced").unwrap();
    log.sync().unwrap();
    log.write_at(6, b" and not").unwrap();
    disk.kill();
    assert!(log.write_at(0, b"x").is_err() && log.sync().is_err(), "its process has ended");
    let again = files(&disk).open("log").unwrap();
    assert_eq!(read(&*again), b"synced and not");
    disk.power_loss(PowerLoss::LoseAll);
    let after = files(&disk).open("log").unwrap();
    assert_eq!(read(&*after), b"synced");
}

#[test]
fn a_file_is_cut_and_grown_and_refused_on_a_full_disk() {
    let disk = Disk::new(DiskOptions::default());
    let files = files(&disk);
    let file = files.open("f").unwrap();
    file.set_len(10_000).unwrap();
    file.write_at(9_998, b"ab").unwrap();
    assert_eq!((file.size(), files.exists("f"), files.exists("g")), (10_000, true, false));
    file.set_len(3).unwrap();
    file.set_len(5).unwrap();
    assert_eq!(read(&*file), [0; 5]);
    disk.set_disk_full(true);
    assert_eq!(file.write_at(5, b"x").unwrap_err().kind(), ErrorKind::StorageFull);
    assert_eq!(file.write_at(0, b"x").map_err(|error| error.kind()), Ok(()), "it does not grow");
    assert!(files.remove("f").unwrap() && !files.remove("f").unwrap());
}
