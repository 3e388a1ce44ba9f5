//! Logs that were edited, cut off, or incomplete.

use std::time::{Duration, Instant};

use syncdyno_live::live::{Head, Log};

use crate::client::{
    App, TOKEN, Was, Wish, again, again_of, is_the_same, notes, pause, raw, request, session,
};
use crate::sessions::own_server;

fn of_scenario() -> Was {
    session(Wish::of("plain", notes("")), |doors| {
        let app = App { to: doors.all, name: "anna" };
        for limit in 1..4 {
            assert_eq!(app.ask(&format!("GET /pull?limit={limit}"), "").status, 200);
        }
    })
}

fn of_upstream() -> Was {
    let (url, _) = own_server(2);
    session(Wish { upstream: Some(url), ..Wish::of("plain", notes("")) }, |doors| {
        for _ in 0..2 {
            let asks = request("GET /x", "syncdyno-device: anna\r\n", "");
            assert_eq!(raw(doors.all, asks).expect("it is answered").status, 200);
        }
    })
}

/// Adds a line to the log after its head.
fn with(log: &str, line: &str) -> String {
    let (head, rest) = log.split_once('\n').expect("there is a head");
    format!("{head}\n{line}\n{rest}")
}

#[test]
fn a_line_out_of_range_is_refused_with_its_number() {
    let (scenario, upstream) = (of_scenario().log, of_upstream().log);
    let huge = |log: &str, name: &str, value: &str| {
        let at = log.find(name).expect("it is there") + name.len();
        let digits = log[at..].find(|c: char| !c.is_ascii_digit()).expect("it ends");
        format!("{}{value}{}", &log[..at], &log[at + digits..])
    };
    let ask = "{\"at\":5,\"kind\":\"ask\",\"n\":99,\"device\":0,\"method\":\"GET\",\"path\":\"/x\",";
    let of_upstream = "\"status\":200,\"bytes\":";
    let number = 1 + upstream.lines().position(|line| line.contains(of_upstream)).expect("it is there");
    for (log, line, range) in [
        (
            with(&scenario, "{\"at\":5,\"kind\":\"cut\",\"device\":0,\"ms\":1000000000000000}"),
            2,
            "from 0 to 86400000",
        ),
        (with(&upstream, &format!("{ask}\"withheld\":18446744073709551615}}")), 2, "from 0 to 1074790400"),
        (with(&upstream, &format!("{ask}\"withheld\":1000000000000}}")), 2, "from 0 to 1074790400"),
        (huge(&upstream, of_upstream, "9223372036854775808"), number, "from 0 to 1074790400"),
        (huge(&upstream, of_upstream, "10000000000"), number, "from 0 to 1074790400"),
        (
            with(&upstream, "{\"at\":5,\"kind\":\"piece\",\"n\":0,\"bytes\":9223372036854775808}"),
            2,
            "from 0 to 16384",
        ),
        (
            with(&upstream, "{\"at\":5,\"kind\":\"sent\",\"n\":0,\"up\":true,\"bytes\":16385}"),
            2,
            "from 0 to 16384",
        ),
        (with(&scenario, "{\"at\":18446744073709551615,\"kind\":\"give-up\",\"n\":0}"), 2, "`at` is"),
    ] {
        let wrong = Log::read(log.as_bytes()).expect_err(range).to_string();
        assert!(wrong.starts_with(&format!("line {line}: ")) && wrong.contains(range), "{wrong}");
    }
}

#[test]
fn another_status_of_a_response_is_another_session() {
    let was = of_upstream();
    assert_eq!(is_the_same(&was), 2);
    let other = was.log.replace("\"status\":200", "\"status\":500");
    assert_eq!(again(&other).differ.len(), 2);
}

#[test]
fn another_number_of_lines_is_another_history() {
    let log = of_scenario().log;
    let lines = log.rfind("\"lines\":").expect("it is judged");
    assert_eq!(again(&format!("{}\"lines\":1}}\n", &log[..lines])).same_history, Some(false));
    assert_eq!(again(&log).same_history, Some(true));
}

#[test]
fn a_log_in_which_nothing_ended_tests_nothing() {
    let log = of_scenario().log;
    let head = again(log.lines().next().expect("there is one"));
    assert_eq!((head.same, head.tests_nothing, head.is_cut_off), (0, true, true));
    let whole = again(&log);
    assert_eq!((whole.same, whole.tests_nothing, whole.is_cut_off), (3, false, false));
    let end = |line: &&str| !line.contains("\"kind\":\"stop\"") && !line.contains("\"kind\":\"verdict\"");
    let open = again(&log.lines().filter(end).collect::<Vec<_>>().join("\n"));
    assert_eq!((open.same, open.tests_nothing, open.is_cut_off), (3, false, true));
}

#[test]
fn a_last_line_that_is_torn_is_left_out() {
    let log = of_scenario().log;
    let third = log.match_indices("\"kind\":\"done\"").nth(2).expect("there are three").0;
    let torn = Log::read(&log.as_bytes()[..third + 20]).expect("it is read up to there");
    let replayed = again_of(&torn);
    assert_eq!((torn.is_torn, replayed.is_cut_off, replayed.same_history), (true, true, None));
    assert_eq!(replayed.same, 2);
    // A log that is incomplete in the middle is not valid.
    let wrong = format!("{}\n{}", &log[..third + 20], &log[third..]);
    assert!(Log::read(wrong.as_bytes()).is_err());
    assert!(!Log::read(log.as_bytes()).expect("it is whole").is_torn);
}

#[test]
fn a_mark_and_blank_lines_before_a_log_are_passed_over() {
    let log = of_scenario().log;
    for before in ["\u{feff}", "\n \n", " ", "\u{feff}\r\n"] {
        let text = format!("{before}{log}");
        assert!(Head::begins(text.as_bytes()), "{before:?}");
        assert_eq!(again(&text).same, 3, "{before:?}");
    }
    assert!(!Head::begins(b"\xef\xbb\xbfname = \"x\""));
    assert!(Log::read(&b"\n\n"[..]).is_err());
}

#[test]
fn a_log_that_cannot_be_written_is_told_at_once_and_ends_nothing() {
    let mut served = Instant::now();
    let was = session(Wish { log_max: 10_000, ..Wish::of("plain", notes("")) }, |doors| {
        let app = App { to: doors.all, name: "anna" };
        for _ in 0..60 {
            app.says("{\"kind\":\"sync-start\"}\n{\"kind\":\"sync-start\"}");
            assert_eq!(app.ask("GET /pull?limit=1", "").status, 200);
        }
        pause(600);
        served = Instant::now();
    });
    assert_eq!(was.log_failed.len(), 1, "it is told once");
    assert!(was.log_failed[0] + Duration::from_millis(200) < served, "and while the session goes on");
    assert!(was.ended.log_failed.is_some());
    assert_eq!(was.history.matches("sync-start").count(), 120);
    assert!(!was.log.contains(TOKEN));
}
