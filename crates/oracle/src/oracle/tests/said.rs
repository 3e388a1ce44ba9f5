//! For each check: a history that makes it fire, and its message. Other tables have histories in
//! which the check almost fires.

use super::judge::verdict;

/// Histories in which something is wrong.
const WRONG: &str = "
    0 deletes a1; 0 commits 0.0 a1 new
    0 sets a1 done; 0 commits 0.0 a1 gone
    0 sets a1 done; 0 commits 0.0 a2 done
    0 commits 0.7 a1 gone
    0 sets a2 other; 0 sets a1 done; 0 commits 0.1 a1 other
    0 sets a1 one; 0 sets a1 two; 0 commits 0.1 a1 two; 0 commits 0.0 a1 one
    0 deletes a1; 0 sets a1 done; 0 commits 0.1 a1 done; 0 commits 0.0 a1 gone
    0 creates a-new new; 0 creates n-new visit=a-new; refuses 0.1 n-new create
    0 creates a-new new; 0 creates n-new visit=a-new; 0 commits 0.1 n-new visit=a-new
    office n1 visit=a1; 0 deletes n1; 0 deletes a1; 0 commits 0.1 a1 gone; 0 commits 0.0 n1 gone
    restless; 0 sets a1 done; 0 logged-in 1; 0 sends 0.0 a1 1; 0 commits 0.0 a1 done
    restless; office a1 clinic=b; 0 sets a1 doctor=dr-b; 0 commits 0.0 a1 clinic=b doctor=dr-b
    restless; 0 sets a1 done; office a1 clinic=b; 0 commits 0.0 a1 done
    it: office a1 2026-03-02; drain; 0 shows a1 it 2026-03-01
    0 sets a1 12.50; 0 commits 0.0 a1 12.5000001
    0 sets a1 done; 0 drops
    0 sets a1 mine; office a1 theirs; 0 pushes; 0 forgets; drain
    office a1 theirs; 0 sets a1 mine; 0 commits 0.0 a1 mine; 0 acks 0.0; drain
    fickle; 0 sets a1 done; 0 dies power; 0 drops; 0 starts
    fickle; ahead; 0 sets a1 mine; office a1 theirs; 0 pushes; drain; 0 restarts power; 0 forgets
    0 sets a1 done; 0 acks 0.0 200; 0 pulls
    0 creates a9 clinic=a status=new doctor=null; 0 pushes unheard; 0 commits 0.0 a-second like a9; drain
    office s2 name=monday who=other; drain
    office a4 new; drain; 0 shows a2 gone; 0 shows a4 gone
    busy: office a1 busy; drain; office a1 done; 0 pulls; 0 shows a1 busy busy; 1 pulls
    office a1 busy; drain; newer: office a1 done; 0 shows a1 newer busy; 1 pulls
    office a1 busy; newer: office a1 done; drain; 0 sets a1 busy; 0 drops; 0 shows a1 newer busy
    office a1 gone; 1 pulls; 1 shows a0 50 new
    office a1 gone; 0 pulls; 1 pulls; 0 applied a1 first; 0 shows a1 first new
    0 sets a1 done; office a1 gone; 0 commits 0.0 a1 done; 0 acks 0.0; drain
    office a1 clinic=b; 1 pulls; 2 pulls; 3 pulls
    0 sets a1 done; 0 deletes a2; 0 creates a9 clinic=a status=new
    one: office a1 busy; 0 pulls answered; 0 applied a1 one
    one: office a1 one; 0 pulls; office a1 two; 0 pulls; 0 applied a1 one; later 30; 0 catches-up; drain
    0 sets a1 mine; 0 pushes; 0 applied a1 first; later 30; 0 catches-up; drain
    0 begins A 0; 0 begins A 1; 0 ends A 0; 0 ends A 1
    0 begins A 0; 0 ends A 0; 0 ends A 0; 0 ends A 7
    0 begins A 0; 0 restarts
    0 begins A 0; later 160; 0 ends A 0
    0 begins A 0
    0 queues A; 0 queues B; 0 begins B 0; 0 ends B 0
    on save; 0 begins A 0; 0 sets a1 done; 0 ends A 0; later 540; drain
    0 begins A 0; 0 lists 2; 0 ends A 0; later 1; 0 begins A 1; 0 ends A 1
    0 shows-as idle 2
    restless; 0 shows-as offline; later 200; 0 shows-as idle 0
";

#[test]
fn each_says_what_is_wrong_and_with_which_record() {
    let mut said = String::new();
    for history in WRONG.lines().map(str::trim).filter(|history| !history.is_empty()) {
        said.push_str(&format!("{history}\n"));
        for found in verdict(history).violations {
            let record = found.record.map_or_else(String::new, |(_, key)| format!(" {key}"));
            said.push_str(&format!("  {}{record}: {}\n", found.check, found.text));
        }
    }
    insta::assert_snapshot!(said);
}
