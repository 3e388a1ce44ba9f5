//! Mutations of a row and of its parts: all are committed, or none.

use super::*;

/// The edit that a word names. The word is also its idempotency key. The edit is a visit, a note of
/// a visit (with `!`, a rejected one), or an update of the present note. The device has read that
/// note or has not.
fn edit(backend: &Backend, number: u32, word: &str) -> Mutation {
    let held = backend.row(NOTE, &Key::new("n")).unwrap().stamp;
    let rewrite = |base| {
        let better = vec![(1, Value::text("better"))];
        Mutation { base: Some(base), ..mutation(number, NOTE, "n", EditKind::Update, better) }
    };
    let edit = match (word, word.split_once(':')) {
        ("read", _) => rewrite(held),
        ("stale", _) => rewrite(held.minus(Span::secs(1))),
        (_, Some((key, of))) => {
            let text = if key.starts_with('!') { Value::Int(7) } else { Value::text("sick") };
            mutation(number, NOTE, key, EditKind::Create, vec![(0, Value::text(of)), (1, text)])
        }
        (key, None) => {
            let values = vec![(AT, Value::Int(3)), (PATIENT_KEY, Value::text("p0"))];
            mutation(number, APPOINTMENT, key, EditKind::Create, values)
        }
    };
    Mutation { id: word.to_owned(), ..edit }
}

fn send(backend: &mut Backend, words: &str) -> String {
    let edits: Vec<Mutation> = words.split(' ').zip(1..).map(|(word, n)| edit(backend, n, word)).collect();
    let letter = |outcome: &Outcome| match outcome {
        Outcome::Applied { .. } => 'A',
        Outcome::Conflict { .. } => 'C',
        Outcome::Later => 'L',
        Outcome::Rejected { .. } => 'R',
        Outcome::Named { .. } | Outcome::Queued => '?',
    };
    backend.push(Time(5), &attributes(0), &edits).iter().map(letter).collect()
}

#[test]
fn a_family_or_a_request_is_committed_all_or_none() {
    use Commits::{Families, Requests, Rows};
    type Case<'a> = (Commits, &'a [(&'a str, &'a str)], &'a str);
    let cases: [Case<'_>; 5] = [
        (Rows, &[("w m:w stale o:v x:none", "AACAR")], "v w m n o"),
        // The other families are committed.
        (Families, &[("w m:w o:v stale z", "AALCA")], "v w z m n"),
        // Edits that waited for a conflict are committed after it. Verdicts are remembered.
        (
            Families,
            &[("o:v stale", "LC"), ("o:v stale", "LC"), ("o:v read", "AA"), ("o:v read", "AA")],
            "v n o",
        ),
        // If one mutation of a family is rejected, all of them are, permanently.
        (Families, &[("w !m:w o:v", "RRA"), ("w", "R")], "v n o"),
        (Requests, &[("w m:w stale", "LLC"), ("w m:w !x:v", "LLR"), ("w m:w o:v", "AAA")], "v w m n o"),
    ];
    for (commits, requests, left) in cases {
        let mut backend = house(&[(NOTE, APPOINTMENT, OnDelete::Cascade)], commits);
        for (words, met) in requests {
            assert_eq!(send(&mut backend, words), *met, "{commits:?} {words}");
        }
        let rows = backend.rows(APPOINTMENT).chain(backend.rows(NOTE));
        assert_eq!(rows.map(|row| row.key.as_str()).collect::<Vec<_>>().join(" "), left, "{commits:?}");
    }
}
