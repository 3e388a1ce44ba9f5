//! Rows that go back on a device from one commit of its database to the next.

use super::judge::judge;

#[test]
fn a_row_that_goes_back_is_told_with_its_time_but_where_nobody_misses_it() {
    judge(
        "
        # Phone 0 is shown again what it had moved past, for 30 s; all else ends well.
        begin: one: office a1 one; 0 pulls; office a1 two; 0 pulls;
        0 applied a1 first; later 30; 0 catches-up; drain
        => went-back 1 & oracle.went_back.row_ns over 30000000000
        0 applied a1 one; later 30; 0 catches-up; drain
        => went-back 1 & oracle.went_back.row_ns over 30000000000
        begin:
        one: office a1 same; 0 pulls; office a1 same; 0 pulls; 0 applied a1 one; later 30; 0 catches-up; drain
        => silent
        # A backend that goes back takes its devices with it.
        later 10; office a1 undone; 0 pulls; backend back 5; 0 applied a1 first; later 30; backup a1 new;
        later 30; 0 catches-up; drain => oracle.went_back.count 0
        # A device that was put back gets its rows again.
        later 5; one: office a1 one; 0 pulls; office a1 two; 0 pulls; 0 dies; 0 back 5; 0 applied a1 one;
        later 30; 0 catches-up; drain => oracle.went_back.count 0
        # A removal without an end says nothing of versions.
        office a1 unheard; 0 applied a1 9000000 removed; 0 applied a1 first; later 30; 0 catches-up; drain
        => oracle.went_back.count 0
        ",
    );
}

#[test]
fn a_device_that_loses_sight_of_its_own_write_is_told_so() {
    judge(
        "
        0 deletes a1; 0 pushes; 0 applied a1 first; later 30; 0 pulls => has own-write-vanished
        # Phones of one name are not judged by each other's edits.
        1 copies 0; 0 sets a1 mine; 0 pushes; 0 applied a1 first; later 30; 0 catches-up; drain
        => lacks own-write-vanished
        # A row made here is not swept away by a load.
        begin: 0 creates a9 new; 0 pushes;
        0 applied a9 0 removed; later 3; 0 pulls => oracle.own_write_vanished.count 1
        office a9 gone; 0 applied a9 0 removed; later 3; 0 pulls => oracle.own_write_vanished.count 0
        ",
    );
}
