//! Loads of a replica that knows rows from verdicts, with restores of the backend and the gateway.
//! Each test checks the rows that a device in the north holds at the end.

use super::*;
use crate::gateway::backend_call::{Batch, Verdicts};
use crate::gateway::{Backup, FlagOptions};

struct Story {
    site: Site,
    phone: Phone,
    edit: Option<Mutation>,
    backups: BTreeMap<String, backend::Backup>,
    gateway: Option<Backup>,
    away: Option<(Batch, Verdicts)>,
    round: Upload,
    /// The responses of the device and the replica.
    told: Vec<String>,
}

impl Story {
    /// Runs a story. At its end, the device must hold exactly its scope. Returns the responses.
    fn told(site: Site, words: &str) -> String {
        let (phone, backups, round) = (Phone::new(0), BTreeMap::new(), Upload::default());
        let (edit, gateway, away, told) = (None, None, None, Vec::new());
        let mut story = Story { site, phone, edit, backups, gateway, away, round, told };
        words.split_whitespace().for_each(|word| story.step(word));
        story.site.pull(&mut story.phone);
        assert_eq!(story.phone.held, story.site.scope(0), "{words}");
        story.told.join(" ")
    }

    fn step(&mut self, word: &str) {
        let (word, of) = word.split_once(':').unwrap_or((word, ""));
        let site = &mut self.site;
        match word {
            "refresh" => site.refresh(),
            "upload" => site.upload(),
            "wait" => site.now += Span::secs(of.parse().unwrap()),
            "pull" => site.pull(&mut self.phone),
            "office" => site.office(of, (1, "changed")),
            "open" => site.office(of, (1, "open")),
            "delete" => site.delete(of),
            "begin" => self.phone.cursor = None,
            "step-back" => site.backend.step_clock(site.now, -1_200_000_000),
            // The device edits the backend's version of this time, and sends the edit now or later.
            "edit" => {
                self.edit = Some(site.mutation(0, of, EditKind::Update, vec![(1, Value::text("done"))]))
            }
            "create" => {
                let values = vec![(0, Value::text("north")), (1, Value::text("new"))];
                self.edit = Some(site.mutation(0, of, EditKind::Create, values));
            }
            "drop" => self.edit = Some(site.mutation(0, of, EditKind::Delete, Vec::new())),
            "stale" => self.edit.as_mut().unwrap().base = Some(START),
            "push" => {
                let outcome = site.push(0, self.edit.as_ref().unwrap());
                if let Outcome::Conflict { current: Some(row), .. } = &outcome {
                    self.phone
                        .held
                        .insert(row.key.to_string(), vec![Value::text("north"), Value::text("open")]);
                }
                let said = format!("{outcome:?}");
                self.told.push(said.split([' ', '{']).next().unwrap().to_owned());
            }
            // The device holds its own version, even after loads.
            "holds" => {
                _ = self.phone.held.insert(of.to_owned(), vec![Value::text("north"), Value::text("done")])
            }
            "save" => _ = self.backups.insert(of.to_owned(), site.backend.backup()),
            "restore" => {
                site.tick();
                let undone = site.backend.restore(self.backups.remove(of).unwrap());
                self.told.push(undone.len().to_string());
            }
            _ => self.of_gateway(word),
        }
    }

    fn of_gateway(&mut self, word: &str) {
        let site = &mut self.site;
        match word {
            "back-up" => self.gateway = Some(site.gateway.backup()),
            "put-back" => {
                site.gateway.died();
                let now = site.tick();
                site.gateway.restore(now, self.gateway.take().unwrap());
                site.gateway.restarted();
                site.refresh();
            }
            "leaves" => {
                let batch = site.gateway.next_batch(&Upload::default()).unwrap();
                let now = site.tick();
                let call = site.gateway.push_batch(now, Time::FAR, &mut site.backend, &batch);
                self.away = Some((batch, call.called.answer.unwrap()));
            }
            "comes-home" => {
                let (batch, verdicts) = self.away.take().unwrap();
                let decided = site.gateway.settle(site.now, &mut self.round, &batch, &verdicts);
                self.told.push(format!("{}/{}", decided.len(), site.gateway.waiting()));
                assert!(site.gateway.next_batch(&self.round).is_none(), "it waits for the next round");
            }
            // After the first page of a load.
            "lands-in-load" => {
                let (batch, verdicts) = self.away.take().unwrap();
                let mut settles = Some(verdicts);
                let mut refresh = site.gateway.begin_refresh(site.now);
                while let Some(ask) = site.gateway.next_page(&refresh) {
                    let now = site.tick();
                    let page = site.gateway.read_page(now, Time::FAR, &mut site.backend, &ask).called.answer;
                    site.gateway.take_page(&mut refresh, &ask, page);
                    if let Some(verdicts) = settles.take_if(|_| ask.cursor.is_none()) {
                        site.gateway.settle(site.now, &mut self.round, &batch, &verdicts);
                    }
                }
                assert!(settles.is_none(), "there was a load");
            }
            "tells" => self.told.extend(site.told(&mut self.phone)),
            "texts" => {
                let mut north = Phone::new(0);
                site.pull(&mut north);
                self.told.extend(north.held.into_values().map(|values| format!("{:?}", values[1])));
            }
            other => panic!("{other}?"),
        }
    }
}

fn by(capture: Capture) -> Site {
    Site::with(backend::BackendOptions::default(), RefreshOptions { capture, ..RefreshOptions::default() })
}

fn filled(options: backend::BackendOptions, refresh: RefreshOptions) -> Site {
    let mut site = Site::with(options, refresh);
    site.gateway.fill(&site.backend, START, &|| false);
    site
}

/// A site whose readers lag by half a minute.
fn behind() -> Site {
    Site::new(backend::BackendOptions { replica_lag: Span::secs(30), ..Default::default() }, 1_000)
}

#[test]
fn a_replica_follows_a_backend_that_goes_back() {
    type Opened = fn() -> Site;
    let stories: [(Opened, &str, &str); 7] = [
        // The device sends an edit again whose verdict belongs to an abandoned history.
        (
            || Site::filled(1_000),
            "refresh save:a edit:north0 push upload restore:a refresh push upload push",
            "Queued 1 Queued Applied",
        ),
        // The replica loads again, and reports the rows that are gone.
        (
            || Site::filled(1_000),
            "refresh pull save:a office:north1 edit:north0 push create:made push upload refresh pull
             restore:a office:north1 refresh",
            "Queued Queued 3",
        ),
        // A verdict from an abandoned incarnation has no effect.
        (
            || Site::filled(1_000),
            "refresh save:a edit:north0 push leaves restore:a refresh comes-home pull push upload",
            "Queued 1 0/1 Queued",
        ),
        // A device gets a row's state from an incarnation that the replica never enters. The next
        // incarnation has the replica's state again. The device gets that state once.
        (
            || Site::filled(1_000),
            "refresh save:a edit:north0 office:north0 save:b refresh pull restore:a stale push upload push
             restore:b refresh pull tells",
            "1 Queued Conflict 1",
        ),
        (
            || Site::filled(1_000),
            "refresh save:a edit:north0 delete:north0 save:b refresh pull restore:a stale push upload push
             restore:b refresh pull tells",
            "1 Queued Conflict 1",
        ),
        // Rows in a backup stay, even if readers do not see them yet.
        (
            behind,
            "refresh edit:north0 push upload save:a edit:north1 push upload texts restore:a refresh texts
             wait:60 refresh",
            r#"Queued Queued Text("done") Text("done") 1 Text("done") Text("open")"#,
        ),
        // They also stay if the replica learns of an incarnation by a verdict.
        (
            behind,
            "refresh save:a restore:a edit:north1 push upload refresh refresh texts",
            r#"0 Queued Text("open") Text("done")"#,
        ),
    ];
    for (site, words, said) in stories {
        assert_eq!(Story::told(site(), words), said, "{words}");
    }
}

#[test]
fn a_row_that_is_known_by_a_verdict_goes_with_its_end_and_stays_until_then() {
    let kept = || backend::BackendOptions { tombstones_kept: Span::secs(60), ..Default::default() };
    let page = || RefreshOptions { page: 1, ..RefreshOptions::default() };
    let compare = || RefreshOptions { capture: HashOptions::default().into(), ..Default::default() };
    let minutes = backend::BackendOptions { stamp_precision: Span::secs(60), ..Default::default() };
    let lags = backend::BackendOptions { replica_lag: Span::secs(9), ..kept() };
    // One page shows rows. The next page brings the receipt for it.
    let found_gone = "pull wait:61 office:north1 edit:north0 push upload pull delete:north0 refresh refresh";
    let ahead = found_gone.replace("edit", "step-back edit");
    for (site, words, said) in [
        // The row is gone before a load begins.
        (filled(kept(), page()), "wait:600 edit:north0 push upload pull delete:north0 refresh", "Queued"),
        // The backend's stamps are ahead of its clock.
        (filled(backend::BackendOptions::default(), compare()), &ahead, "Queued"),
        (filled(minutes, compare()), found_gone, "Queued"),
        // The row is invisible at first, and remains after a load.
        (
            filled(lags, page()),
            "wait:600 create:made push upload refresh tells begin wait:60 refresh",
            "Queued +north0 +north1 +made",
        ),
    ] {
        assert_eq!(Story::told(site, words), said, "{words}");
    }
}

#[test]
fn a_verdict_that_comes_late_brings_back_nothing_that_is_gone() {
    // The device holds the row that it wrote, although no page ever brought it. A device that has
    // not loaded yet holds it too.
    let words = "pull create:mine push leaves delete:mine refresh comes-home holds:mine pull begin tells";
    assert_eq!(Story::told(Site::filled(1_000), words), "Queued 1/0 +north0 +north1 -mine");
}

#[test]
fn a_row_deleted_while_readers_do_not_see_it_stays_gone() {
    // A load after the restore misses the row. Lagging readers reach it before the load ends.
    let words = "refresh create:made push upload wait:10 save:a edit:made push upload restore:a refresh
                 pull drop:made push upload push wait:25 refresh texts wait:60 refresh";
    let said = r#"Queued Queued 1 Queued Applied Text("open") Text("open")"#;
    assert_eq!(Story::told(behind(), words), said);
}

#[test]
fn a_value_that_comes_back_between_two_refreshes_is_on_the_replica_though_the_backend_lags() {
    let copies = HashOptions { keep: Keep::Copy, ..HashOptions::default() };
    for capture in [Capture::default(), HashOptions::default().into(), copies.into()] {
        let refresh = RefreshOptions { capture, ..RefreshOptions::default() };
        let lags = backend::BackendOptions { replica_lag: Span::secs(60), ..Default::default() };
        // The replica has the device's version, and no older one. One page shows rows; the next
        // page brings the receipt for it.
        let words =
            "refresh edit:north0 push upload refresh open:north0 refresh texts wait:120 refresh refresh";
        assert_eq!(Story::told(filled(lags, refresh), words), r#"Queued Text("done") Text("open")"#);
    }
}

#[test]
fn a_gateway_put_back_forgets_what_it_knew_ahead_whatever_it_loads_by() {
    for capture in [FlagOptions::default().into(), Capture::default()] {
        // The gateway is restored to a time before the backend's restore.
        let words = "refresh save:a create:made push upload back-up restore:a put-back";
        assert_eq!(Story::told(by(capture), words), "Queued 1");
    }
    let compare = HashOptions::default().into();
    for capture in [FlagOptions::default().into(), compare, Capture::default()] {
        // The device got no verdict, and keeps its row while it loads. The edit comes again, and
        // the backend remembers its verdict.
        let words = "refresh back-up edit:north0 push upload delete:north0 refresh put-back
                     pull holds:north0 push upload push";
        assert_eq!(Story::told(by(capture), words), "Queued Queued Applied");
    }
    let words = "refresh edit:north0 push upload back-up delete:north0 refresh refresh put-back";
    assert_eq!(Story::told(by(FlagOptions::default().into()), words), "Queued");
}

#[test]
fn a_row_that_a_load_does_not_meet_is_gone_as_of_the_load() {
    let mut site = Site::filled(1_000);
    site.refresh();
    let mut north = Phone::new(0);
    assert_eq!(site.told(&mut north), ["+north0", "+north1"]);
    let known = site.backend.row(VISIT, &Key::new("north0")).unwrap().stamp;
    site.delete("north0");
    let backup = site.backend.backup();
    site.backend.restore(backup);
    site.refresh();
    let told = site.told_with_stamps(&mut north);
    assert_eq!(told.iter().map(|(told, _)| &**told).collect::<Vec<_>>(), ["-north0"]);
    assert!(told[0].1 > known, "a device may have a later version than that");
}

#[test]
fn a_verdict_that_comes_home_in_a_load_goes_with_the_end_of_its_row() {
    let site = Site::new(backend::BackendOptions::default(), 1);
    let words = "refresh save:a restore:a edit:north0 push leaves delete:north0 wait:1 lands-in-load texts";
    assert_eq!(Story::told(site, words), r#"0 Queued Text("open")"#);
}
