//! Reads lines into a history.

use std::io::{BufRead, Read};
use std::ops::Range;

use rustc_hash::FxHashMap;

use super::fields::{Columns, Fields, KINDS, key, list, text, unknown};
use super::json::{Json, Node};
use super::line::VERSION;
use super::mistakes::{Clocks, Unreadable, created, plain, shown, too_many};
use super::recorded::{
    By, Commit, Device, Edit, EditAt, Ground, History, Life, Mark, Row, Shown, Stage, Sync, Waiting, Word,
    Wrong,
};
use crate::base::{EntityId, Span, UnitId, escape_control};
use crate::config::diagnostic::{Diagnostic, SHOWN};
use crate::contract::{EditKind, LogKind};

/// The maximum length of a line in bytes. A line can contain all rows that a device shows.
const LINE_MAX: u64 = 64 << 20;
/// The maximum number of reported errors.
const WRONG_MAX: usize = 20;
const TOLERANCE: Span = Span::secs(1);
const HOUR: Span = Span::secs(3_600);

/// A reference to an edit in another line. It is resolved when all lines are read.
enum Names {
    Id(u32, Box<str>),
    Row(u32, Row),
}

struct Pending {
    names: Names,
    place: (u32, Range<usize>),
    then: Then,
}

enum Then {
    Word(Option<LogKind>, Mark),
    Waits(usize),
    Asks(usize),
    By(usize),
}

/// Reads a history and additional files.
pub struct Reader<'g> {
    pub(super) ground: &'g Ground,
    pub(super) history: History,
    pub(super) wrong: Vec<Diagnostic>,
    by_name: FxHashMap<String, u32>,
    by_id: FxHashMap<(u32, Box<str>), (EditAt, u32)>,
    by_row: FxHashMap<(u32, Row), Vec<EditAt>>,
    pending: Vec<Pending>,
    begun: bool,
    name: String,
    number: u32,
}

impl<'g> Reader<'g> {
    /// Makes a reader without input.
    pub fn new(ground: &'g Ground) -> Reader<'g> {
        let history = History { tolerance: TOLERANCE, ..History::default() };
        let (wrong, by_name, by_id, by_row, pending, begun, name, number) = Default::default();
        Reader { ground, history, wrong, by_name, by_id, by_row, pending, begun, name, number }
    }

    /// Reads a history; `name` is its file name for messages.
    ///
    /// # Errors
    /// The file cannot be read or has too many lines. [`finish`](Reader::finish) returns all other
    /// errors.
    pub fn lines(&mut self, name: &str, mut file: impl BufRead) -> Result<(), Unreadable> {
        name.clone_into(&mut self.name);
        name.clone_into(&mut self.history.name);
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let read = (&mut file).take(LINE_MAX + 1).read_until(b'\n', &mut bytes);
            if read.map_err(Unreadable::File)? == 0 {
                break;
            }
            self.number = self.number.checked_add(1).ok_or_else(|| too_many(name))?;
            if bytes.len() as u64 > LINE_MAX {
                self.note(
                    "",
                    Wrong::new(
                        &(0..0),
                        "this line is longer than 64 MiB",
                        "split the line into several lines",
                    ),
                );
                break;
            }
            let bytes =
                if self.number == 1 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes) } else { &bytes };
            match std::str::from_utf8(bytes) {
                Ok(line) if line.trim().is_empty() => {}
                Ok(line) => self.line(line.trim_end_matches(['\n', '\r'])),
                Err(_) => {
                    let text = String::from_utf8_lossy(bytes).into_owned();
                    self.note(&text, Wrong::new(&(0..0), "this line is not UTF-8", "save the file as UTF-8"));
                }
            }
            if self.wrong.len() >= WRONG_MAX {
                break;
            }
        }
        if !self.begun && self.wrong.is_empty() {
            let help = format!("the first line must be {{\"kind\":\"history\",\"version\":{VERSION}}}");
            let wrong = Diagnostic::new(None, format!("{name} has no line"));
            self.wrong.push(wrong.help(help));
        }
        if self.wrong.is_empty() { Ok(()) } else { Err(Unreadable::Wrong(std::mem::take(&mut self.wrong))) }
    }

    pub(super) fn note(&mut self, line: &str, wrong: Wrong) {
        let diagnostic = shown(&self.name, self.number, line, wrong);
        self.wrong.push(diagnostic);
    }

    fn line(&mut self, line: &str) {
        self.history.lines += 1;
        let node = match Node::parse(line) {
            Ok(node) => node,
            Err(wrong) => {
                let title = format!("this is not JSON: {}", wrong.what);
                return self.note(line, Wrong::new(&wrong.span, title, "write one JSON object per line"));
            }
        };
        if let Err(wrong) = self.take(&node) {
            self.note(line, wrong);
        }
    }

    fn take(&mut self, node: &Node<'_>) -> Result<(), Wrong> {
        let fields = Fields::of(node)?;
        let kind_at = fields.need("kind")?;
        let kind = text(kind_at)?;
        if !self.begun && kind != "history" {
            let help = format!("begin with {{\"kind\":\"history\",\"version\":{VERSION}}}");
            return Err(Wrong::new(&kind_at.span, "the first line must have the kind `history`", help));
        }
        match kind {
            "history" => self.head(&fields, kind_at),
            "row" => self.row(&fields),
            "edit" => self.edit(&fields),
            "sync-start" | "sync-complete" | "sync-error" => self.sync(&fields, kind),
            "acknowledged" | "told" => self.word(&fields, kind),
            "shows" => self.shows(&fields),
            "waits" => self.waits(&fields),
            "commit" => self.commit(&fields),
            "backend" => self.backend(&fields),
            "app-started" | "app-killed" => self.life(&fields, kind),
            "end" => self.end(&fields),
            other => Err(unknown(&kind_at.span, "line kind", other, &KINDS)),
        }
    }

    fn head(&mut self, fields: &Fields<'_, '_>, kind: &Node<'_>) -> Result<(), Wrong> {
        if std::mem::replace(&mut self.begun, true) {
            return Err(Wrong::new(
                &kind.span,
                "only the first line may have the kind `history`",
                "remove this line",
            ));
        }
        let known =
            ["kind", "version", "clock_tolerance", "wall_clock", "devices", "records", "unrecorded_writers"];
        fields.only("the first line", &known)?;
        let version = fields.need("version")?;
        if fields.number("version")? != Some(u64::from(VERSION)) {
            let help = format!("this program reads only version {VERSION}");
            return Err(Wrong::new(&version.span, "this version of the format is not supported", help));
        }
        if let Some((tolerance, span)) = fields.text("clock_tolerance")? {
            let parsed = tolerance.parse::<Span>().ok().filter(|span| *span <= HOUR);
            let wrong = || {
                Wrong::new(
                    span,
                    "`clock_tolerance` must be a time of at most 1h",
                    "write a time such as \"250ms\" or \"2s\"",
                )
            };
            self.history.tolerance = parsed.ok_or_else(wrong)?;
        }
        if let Some(clocks) = fields.get("wall_clock") {
            self.history.wall = Some(self.clocks().of_machine(&Fields::of(clocks)?)?);
        }
        for recorded in fields.list("records")?.unwrap_or_default() {
            match text(recorded)? {
                "acknowledged" => self.history.acknowledges = true,
                "told" => self.history.tells = true,
                "waits" => {}
                "commit" => self.history.commits_all = true,
                other => {
                    let known = ["acknowledged", "told", "waits", "commit"];
                    return Err(unknown(&recorded.span, "line kind in `records`", other, &known));
                }
            }
        }
        self.history.unrecorded_writers = fields.flag("unrecorded_writers")?.unwrap_or(false);
        if self.history.commits_all && self.history.unrecorded_writers {
            let title = "`commit` in `records` says that each commit has a line, and `unrecorded_writers` says that some have none";
            return Err(Wrong::new(fields.span, title, "leave out one of the two"));
        }
        if let Some(devices) = fields.get("devices") {
            for field in Fields::of(devices)?.all {
                let attributes = Fields::of(&field.node)?;
                self.add_device(&field.name, Some(&attributes), &field.span)?;
            }
        }
        Ok(())
    }

    fn add_device(
        &mut self,
        name: &str,
        written: Option<&Fields<'_, '_>>,
        span: &Range<usize>,
    ) -> Result<u32, Wrong> {
        if name.is_empty() {
            return Err(Wrong::new(span, "the name of this device is empty", "write a name"));
        }
        if name.len() > SHOWN {
            return Err(Wrong::new(
                span,
                format!("the name of this device has more than {SHOWN} bytes"),
                "write a shorter name",
            ));
        }
        let known: Vec<&str> = self.ground.attributes.iter().map(|(name, _)| name.as_str()).collect();
        written.map_or(Ok(()), |written| written.only("a device", &known))?;
        let mut attributes = Vec::new();
        for (attribute, values) in &self.ground.attributes {
            let said = written.and_then(|written| written.get(attribute));
            let value = match said {
                Some(node) => {
                    let said = match &node.value {
                        Json::Text(text) => text.to_string(),
                        Json::Number(text) => (*text).to_owned(),
                        _ => {
                            let title = "this is not a value of an attribute";
                            return Err(Wrong::new(&node.span, title, "write a text or a number"));
                        }
                    };
                    let words: Vec<String> = values.iter().map(plain).collect();
                    let at = words.iter().position(|word| *word == said).ok_or_else(|| {
                        let known: Vec<&str> = words.iter().map(String::as_str).collect();
                        unknown(&node.span, &format!("value of `{attribute}`"), &said, &known)
                    })?;
                    values[at].clone()
                }
                None => match values.as_slice() {
                    [only] => only.clone(),
                    _ => {
                        let title =
                            format!("the device `{name}` has no value of the attribute `{attribute}`");
                        let help = format!(
                            "add to the first line: \"devices\": {{\"{name}\": {{\"{attribute}\": …}}}}"
                        );
                        return Err(Wrong::new(span, title, help));
                    }
                },
            };
            attributes.push(value);
        }
        let number = self.history.devices.len() as u32;
        self.history.devices.push(Device { name: escape_control(name).into_owned(), attributes });
        self.by_name.insert(name.to_owned(), number);
        Ok(number)
    }

    pub(super) fn device_named(&mut self, name: &str, span: &Range<usize>) -> Result<u32, Wrong> {
        match self.by_name.get(name) {
            Some(number) => Ok(*number),
            None => self.add_device(name, None, span),
        }
    }
    fn device(&mut self, fields: &Fields<'_, '_>) -> Result<u32, Wrong> {
        let node = fields.need("device")?;
        self.device_named(text(node)?, &node.span)
    }
    fn entity(&self, fields: &Fields<'_, '_>) -> Result<EntityId, Wrong> {
        let node = fields.need("entity")?;
        self.entity_named(text(node)?, &node.span)
    }
    pub(super) fn entity_named(&self, name: &str, span: &Range<usize>) -> Result<EntityId, Wrong> {
        self.ground.schema.find(name).ok_or_else(|| {
            let known: Vec<&str> = self.ground.schema.entities.iter().map(|e| e.name.as_str()).collect();
            unknown(span, "entity", name, &known)
        })
    }
    pub(super) fn columns(&self, entity: EntityId, of_backend: bool) -> Columns<'g> {
        Columns { entity: self.ground.schema.entity(entity), utc_offset: self.ground.utc_offset, of_backend }
    }

    fn clocks(&self) -> Clocks {
        let (utc_offset, tolerance) = (self.ground.utc_offset, self.history.tolerance);
        Clocks { utc_offset, tolerance, wall: self.history.wall, line: self.number }
    }

    fn row(&mut self, fields: &Fields<'_, '_>) -> Result<(), Wrong> {
        fields.only("a row", &["kind", "entity", "key", "values"])?;
        let (entity, key_at) = (self.entity(fields)?, fields.need("key")?);
        let columns = self.columns(entity, true);
        let values = columns.whole(columns.values(fields.need("values")?)?);
        match self.history.rows.insert((entity, key(key_at)?), values) {
            None => Ok(()),
            Some(_) => {
                let help = "list each row once at the start";
                Err(Wrong::new(&key_at.span, "another line already lists this row", help))
            }
        }
    }

    fn edit(&mut self, fields: &Fields<'_, '_>) -> Result<(), Wrong> {
        let known = ["kind", "device", "id", "entity", "key", "do", "values", "unsure"];
        fields.only_timed("an edit", &known)?;
        let (device, entity) = (self.device(fields)?, self.entity(fields)?);
        let row = (entity, key(fields.need("key")?)?);
        let at = fields.need("do")?;
        let kind: EditKind = fields.word("do")?.expect("it is there");
        let columns = self.columns(entity, false);
        let values = fields.get("values").map_or(Ok(Vec::new()), |values| columns.values(values))?;
        if (kind == EditKind::Delete) != values.is_empty() && kind != EditKind::Create {
            let title = if values.is_empty() {
                "this update has no `values`"
            } else {
                "a delete must not have `values`"
            };
            return Err(Wrong::new(
                &at.span,
                title,
                "`values` lists the columns that a create or an update sets",
            ));
        }
        let values = match kind {
            EditKind::Create => created(columns.entity, values),
            _ => values,
        };
        let number = self.history.edits.len();
        let id = fields.text("id")?;
        if let Some((id, span)) = id
            && let Some((_, line)) = self.by_id.insert((device, id.into()), (number, self.number))
        {
            let help = format!("line {line} has an edit of this device with the same `id`");
            return Err(Wrong::new(span, "this `id` already exists", help));
        }
        let mark = self.clocks().mark(fields)?;
        self.by_row.entry((device, row.clone())).or_default().push(number);
        let unsure = fields.flag("unsure")?.unwrap_or(false);
        let id = id.map(|(id, _)| id.into());
        self.history.edits.push(Edit { device, id, row, kind, values, unsure, mark });
        Ok(())
    }

    fn sync(&mut self, fields: &Fields<'_, '_>, kind: &str) -> Result<(), Wrong> {
        let known = ["kind", "device", "unit", "run", "error"];
        let known = if kind == "sync-error" { &known[..] } else { &known[..4] };
        fields.only_timed("a sync", known)?;
        let device = self.device(fields)?;
        let names: Vec<&str> = self.ground.units.iter().map(|unit| unit.name.as_str()).collect();
        let unit = match fields.text("unit")? {
            Some((name, span)) => {
                let found = names.iter().position(|known| *known == name);
                found.ok_or_else(|| unknown(span, "unit", name, &names))?
            }
            None if names.len() <= 1 => 0,
            None => {
                let help = format!("add the name of a sync unit; the scenario has {}", names.join(", "));
                return Err(Wrong::new(fields.span, "`unit` is missing", help));
            }
        };
        let stage = match kind {
            "sync-start" => Stage::Started,
            "sync-complete" => Stage::Completed,
            _ => Stage::Failed(fields.text("error")?.map_or_else(String::new, |(error, _)| error.to_owned())),
        };
        let (run, mark) = (fields.number("run")?, self.clocks().mark(fields)?);
        self.history.syncs.push(Sync { device, unit: UnitId(unit as u16), run, stage, mark });
        Ok(())
    }

    /// Stores a statement about an edit until all lines are read.
    fn later(&mut self, names: Names, span: &Range<usize>, then: Then) {
        self.pending.push(Pending { names, place: (self.number, span.clone()), then });
    }

    /// Reads which edits of this device a line means.
    fn named(&self, fields: &Fields<'_, '_>, device: u32) -> Result<(Names, Range<usize>), Wrong> {
        if let Some((id, span)) = fields.text("edit")? {
            return Ok((Names::Id(device, id.into()), span.clone()));
        }
        let (entity, key_at) = (self.entity(fields)?, fields.need("key")?);
        Ok((Names::Row(device, (entity, key(key_at)?)), key_at.span.clone()))
    }

    fn word(&mut self, fields: &Fields<'_, '_>, kind: &str) -> Result<(), Wrong> {
        let known = ["kind", "device", "edit", "entity", "key", "says"];
        let known = if kind == "told" { &known[..] } else { &known[..5] };
        fields.only_timed("this line", known)?;
        let device = self.device(fields)?;
        let says = match kind {
            "told" => {
                fields.need("says")?;
                self.history.tells = true;
                fields.word("says")?
            }
            _ => {
                self.history.acknowledges = true;
                None
            }
        };
        let (names, span) = self.named(fields, device)?;
        let then = Then::Word(says, self.clocks().mark(fields)?);
        self.later(names, &span, then);
        Ok(())
    }

    fn shows(&mut self, fields: &Fields<'_, '_>) -> Result<(), Wrong> {
        let known = ["kind", "device", "entity", "rows", "key", "values", "gone"];
        fields.only_timed("a `shows` line", &known)?;
        let (device, entity) = (self.device(fields)?, self.entity(fields)?);
        let columns = self.columns(entity, false);
        let mut rows = Vec::new();
        let all = fields.list("rows")?;
        if let Some(all) = all {
            for node in all {
                let (key, values) = columns.row(node)?;
                rows.push((key, Some(values)));
            }
        } else {
            let key = key(fields.need("key")?)?;
            let gone = fields.flag("gone")?.unwrap_or(false);
            let values =
                if gone { None } else { Some(columns.whole(columns.values(fields.need("values")?)?)) };
            rows.push((key, values));
        }
        let mark = self.clocks().mark(fields)?;
        self.history.shows.push(Shown { device, entity, rows, all: all.is_some(), mark });
        Ok(())
    }

    fn waits(&mut self, fields: &Fields<'_, '_>) -> Result<(), Wrong> {
        fields.only_timed("a `waits` line", &["kind", "device", "edits", "undecided", "rows"])?;
        let device = self.device(fields)?;
        let (edits, rows) = (fields.list("edits")?, fields.list("rows")?);
        if edits.is_none() && rows.is_none() {
            return Err(Wrong::new(
                fields.span,
                "`edits` is missing",
                "if no edit waits, write \"edits\": []",
            ));
        }
        let at = self.history.waits.len();
        for node in edits.unwrap_or_default() {
            self.later(Names::Id(device, text(node)?.into()), &node.span, Then::Waits(at));
        }
        for node in fields.list("undecided")?.unwrap_or_default() {
            self.later(Names::Id(device, text(node)?.into()), &node.span, Then::Asks(at));
        }
        for node in rows.unwrap_or_default() {
            let row = Fields::of(node)?;
            row.only("a row in `waits`", &["entity", "key"])?;
            let names = Names::Row(device, (self.entity(&row)?, key(row.need("key")?)?));
            self.later(names, &node.span, Then::Waits(at));
        }
        let mark = self.clocks().mark(fields)?;
        self.history.waits.push(Waiting { device, edits: Vec::new(), undecided: Vec::new(), mark });
        Ok(())
    }

    fn commit(&mut self, fields: &Fields<'_, '_>) -> Result<(), Wrong> {
        let known = ["kind", "entity", "key", "do", "values", "by"];
        fields.only_timed("a commit", &known)?;
        let entity = self.entity(fields)?;
        let row = (entity, key(fields.need("key")?)?);
        let kind: Option<EditKind> = fields.word("do")?;
        let columns = self.columns(entity, true);
        let values = fields.get("values").map_or(Ok(Vec::new()), |values| columns.values(values))?;
        if values.is_empty() && kind != Some(EditKind::Delete) && kind != Some(EditKind::Create) {
            let help =
                "list in `values` the columns that the commit set; for a delete write \"do\": \"delete\"";
            return Err(Wrong::new(fields.span, "this commit has no `values`", help));
        }
        let at = self.history.commits.len();
        let by = match fields.get("by") {
            None => By::Unknown,
            Some(Node { value: Json::Text(text), span }) => match text.as_ref() {
                "other" => By::Other,
                word => return Err(unknown(span, "author", word, &["other"])),
            },
            Some(node) => {
                let author = Fields::of(node)?;
                author.only("an author", &["device", "edit"])?;
                let device = self.device(&author)?;
                if let Some((id, span)) = author.text("edit")? {
                    self.later(Names::Id(device, id.into()), span, Then::By(at));
                }
                By::Device(device)
            }
        };
        let mark = self.clocks().mark(fields)?;
        self.history.commits.push(Commit::told(row, (kind, values), by, mark));
        Ok(())
    }

    fn backend(&mut self, fields: &Fields<'_, '_>) -> Result<(), Wrong> {
        fields.only("a `backend` line", &["kind", "entity", "rows"])?;
        let entity = self.entity(fields)?;
        let columns = self.columns(entity, true);
        let rows = list(fields.need("rows")?)?;
        let held = self.history.backend.entry(entity).or_default();
        for node in rows {
            let (key, values) = columns.row(node)?;
            if held.insert(key, values).is_some() {
                let help = "list each row once at the end";
                return Err(Wrong::new(&node.span, "this row is already listed", help));
            }
        }
        Ok(())
    }

    fn life(&mut self, fields: &Fields<'_, '_>, kind: &str) -> Result<(), Wrong> {
        fields.only_timed("this line", &["kind", "device"])?;
        let (device, mark) = (self.device(fields)?, self.clocks().mark(fields)?);
        self.history.lives.push(Life { device, begins: kind == "app-started", mark });
        Ok(())
    }

    fn end(&mut self, fields: &Fields<'_, '_>) -> Result<(), Wrong> {
        fields.only_timed("an `end` line", &["kind", "settled"])?;
        let settled = fields.flag("settled")?.unwrap_or(true);
        if self.history.end.replace((self.clocks().mark(fields)?.when, settled)).is_some() {
            return Err(Wrong::new(fields.span, "there is already an `end` line", "remove one of the two"));
        }
        Ok(())
    }

    /// Returns the history when all files are read.
    ///
    /// # Errors
    /// All errors in the files.
    pub fn finish(mut self) -> Result<History, Unreadable> {
        for Pending { names, place: (line, span), then } in std::mem::take(&mut self.pending) {
            self.number = line;
            if let Err(wrong) = self.settle(names, &span, then)
                && self.wrong.len() < WRONG_MAX
            {
                self.note("", wrong);
            }
        }
        if self.wrong.is_empty() { Ok(self.history) } else { Err(Unreadable::Wrong(self.wrong)) }
    }

    fn settle(&mut self, names: Names, span: &Range<usize>, then: Then) -> Result<(), Wrong> {
        let edits = match &names {
            Names::Id(device, id) => self.by_id.get(&(*device, id.clone())).map(|(edit, _)| vec![*edit]),
            Names::Row(device, row) => self.by_row.get(&(*device, row.clone())).cloned(),
        };
        if let (Then::By(commit), None, Names::Id(device, _)) = (&then, &edits, &names) {
            self.history.commits[*commit].by = By::Stranger(*device);
            return Ok(());
        }
        let Some(edits) = edits else { return Err(self.nobody(&names, span)) };
        match then {
            Then::Word(says, mark) => {
                self.history.words.extend(edits.into_iter().map(|edit| Word { edit, says, mark }));
            }
            Then::Asks(at) => {
                let waiting = &mut self.history.waits[at];
                waiting.edits.extend(edits.iter().copied());
                waiting.undecided.extend(edits);
            }
            Then::Waits(at) => self.history.waits[at].edits.extend(edits),
            Then::By(commit) => self.history.commits[commit].by = By::Edit(edits[0]),
        }
        Ok(())
    }

    fn nobody(&self, names: &Names, span: &Range<usize>) -> Wrong {
        let (Names::Id(device, _) | Names::Row(device, _)) = names;
        let name = &self.history.devices[*device as usize].name;
        match names {
            Names::Id(_, id) => {
                let own = self.by_id.keys().filter(|(of, _)| of == device);
                let mut known: Vec<&str> = own.map(|(_, id)| &**id).collect();
                known.sort_unstable();
                unknown(span, &format!("edit of {name}"), id, &known)
            }
            Names::Row(_, (entity, key)) => {
                let entity = &self.ground.schema.entity(*entity).name;
                let title = format!("there is no edit of {entity} {key} by {name}");
                Wrong::new(span, title, "add the `edit` line of this row, or name another row")
            }
        }
    }
}
