//! Every saved edit has exactly one final state.

use std::collections::BTreeSet;

use super::judge::verdict;
use crate::base::cases::cases;
use crate::oracle::losses;
use crate::oracle::model::end::End;

/// Histories, and the final states of their edits in the order of [`End`]. `told`: a log mentions
/// each lost edit. Without `told`, no log does.
const ENDS: &str = "
    0 sets a1 mine; 0 pushes => Arrived
    0 sets a1 mine; 0 pushes unheard; 0 drops => Arrived
    0 creates a9 new; 0 deletes a9; 0 drops => Arrived Arrived
    0 sets a1 mine; office a1 theirs; 0 resolves 0.0 a1 remote; 0 drops => GivenUp
    0 sets a1 mine => Waiting
    0 sets a1 one; 0 sets a1 two; 0 drops 0.0 => Waiting Waiting
    restless; 0 sets a1 mine; 0 sends 0.0 a1 7 => Waiting

    0 sets a1 mine; poison 0.0; 0 pushes => Refused told
    0 sets a1 mine; poison 0.0; 0 pushes unheard; 0 drops => Refused
    0 sets a1 mine; 0 rejected 0.0 a1; 0 drops => Refused
    0 sets a1 mine; office a1 theirs; 0 pushes => Superseded told
    0 sets a1 mine; office a1 theirs; 0 pushes unheard; 0 drops => Superseded
    0 sets a1 mine; 0 sets a2 mine; office a1 theirs; 0 pushes => Arrived Superseded told

    0 sets a1 mine; 0 logs-out; 0 rejected 0.0 a1; 0 logs 0.0 a1 rejected; 0 drops; 0 logged-out
    => Discarded told
    0 sets a1 mine; office a1 theirs; 0 logs-out; 0 resolves 0.0 a1 remote; 0 drops; 0 logged-out => Discarded
    # Who sends first hears a refusal; who stays logs out another time.
    0 sets a1 mine; poison 0.0; 0 logs-out; 0 pushes => Refused told
    0 sets a1 mine; 0 logs-out; 0 stays; 0 rejected 0.0 a1; 0 drops => Refused
    0 sets a1 mine; 0 logs-out; 0 restarts; 0 rejected 0.0 a1; 0 drops => Refused

    # Another person logs in, and comes to a database of their own.
    begin: 0 sets a1 mine; later 5; 0 dies; 0 logged-out;
    0 leaves; 0 back 0; 0 logged-in 1; 0 drops => Shelved
    0 back 0; 0 logged-in 1; later 5; 0 wiped; 0 dies; 0 back 0; 0 drops => Reinstalled
    0 back 0; 0 logged-in 1; later 5; 0 dies; 0 back 0; 0 drops => Restored

    begin: later 5; 0 sets a1 mine; later 5; 0 dies;
    0 wiped; 0 back 0; 0 drops => Reinstalled
    0 back 0; 0 drops => Restored
    0 copies 1; 0 drops => Copied
    # It comes back with a later backup, and goes for good by what comes then.
    0 back 0; 0 dies; 0 back 11; 0 wiped; 0 dies; 0 back 0; 0 drops => Reinstalled
    0 wiped; 0 back 0; 0 dies; 0 back 11; 0 drops => Forgotten
    begin: later 5; 0 sets a1 mine; office a1 theirs; 0 pushes; later 5; 0 dies;
    0 back 0; 0 forgets => Superseded told
    # So is what went out in the place of earlier edits, and they with it.
    begin: later 5; 0 sets a1 one; 0 sets a1 mine; 0 squashes 0.1 a1 0.0; 0 drops 0.0; office a1 theirs;
    0 pushes; later 5; 0 dies;
    0 back 0; 0 forgets => Superseded Superseded told

    begin: later 1; 0 creates a9 new; 0 pushes;
    backend back 0; backup a9 gone; drain => BackendRestored
    backend back 0; backup a9 gone; 0 commits 0.0 a9 new => Arrived
    begin:
    later 1; 0 creates a9 new; 0 pushes unheard; backend back 0; backup a9 gone => Waiting
    later 1; 0 sets a1 one; 0 sets a1 two; 0 commits 0.1 a1 two; 0 drops; backend back 0; backup a1 new
    => BackendRestored BackendRestored
    begin: later 1; 0 sets a1 mine; 0 pushes;
    upload a1 old; drain => UploadedOver
    upload a1 mine; drain => Arrived
    begin:

    empties; 0 sets a1 mine; 0 dies; 0 upgraded; 0 drops => Upgraded
    empties; 0 sets a1 mine; office a1 theirs; 0 pushes; 0 dies; 0 upgraded; 0 forgets => Superseded told
    0 sets a1 mine; 0 dies; 0 upgraded; 0 drops => Forgotten
    empties; 0 dies; 0 upgraded; 0 starts; 0 sets a1 mine; 0 drops => Forgotten
    fickle; 0 sets a1 mine; 0 dies power; 0 drops => PowerLost
    0 sets a1 mine; 0 dies power; 0 drops => Forgotten
    0 sets a1 mine; 0 drops => Forgotten
    # One in whose place a later one went out has its end, and who reads of that has read of it.
    0 sets a1 one; 0 sets a1 two; office a1 theirs; 0 drops 0.0; 0 logs 0.1 a1 superseded; 0 drops
    => Superseded Superseded told
    # A photo has the end of what took it away, if its row arrived.
    begin: photos; later 5; 0 creates a9 new; later 5; 0 commits 0.0 a9 new; 0 acks 0.0;
    0 stored a9 => Arrived
    0 holds a9 => Arrived
    => Forgotten
    0 dies; 0 wiped; 0 back 0 => Reinstalled
    0 dies; 0 back 0 => Restored
    0 dies; 0 back 0; 0 stored a9 => Arrived
    0 dies; 0 copies 1 => Copied
    0 dies; 0 back 0; 0 holds a9 => Arrived
    0 dies; 0 logged-out; 0 leaves; 0 back 0; 0 logged-in 1 => Shelved
    office a9 gone => Arrived
    begin: photos; fickle; 0 creates a9 new; 0 commits 0.0 a9 new;
    0 dies power => PowerLost
    begin: photos; empties; 0 creates a9 new; 0 commits 0.0 a9 new;
    0 dies; 0 upgraded => Upgraded
    begin:
    # What nobody saw saved has no end.
    0 misses 0.9 a1 update status=two; 0 sets a2 mine => Waiting
    ";

#[test]
fn each_saved_edit_has_one_end_and_each_end_occurs() {
    let mut seen = BTreeSet::new();
    for (history, expected) in cases(ENDS) {
        let figures = verdict(&history).figures;
        let of = |end: &End| std::iter::repeat_n(format!("{end:?}"), figures[end.metric()] as usize);
        let ends: Vec<String> = End::EVERY.iter().flat_map(of).collect();
        let (wanted, told) = match expected.strip_suffix(" told") {
            Some(wanted) => (wanted, true),
            None => (expected.as_str(), false),
        };
        assert_eq!(ends.join(" "), wanted, "{history}");
        let lost: u64 = losses().map(|loss| figures[loss.metric]).sum();
        assert_eq!(figures["oracle.saved_edits.lost"], lost, "{history}");
        assert_eq!(figures["oracle.saved_edits.untold"], if told { 0 } else { lost }, "{history}");
        seen.extend(ends);
    }
    let every: BTreeSet<String> = End::EVERY.iter().map(|end| format!("{end:?}")).collect();
    assert_eq!(seen, every);
}
