//! Requests of devices.

use std::borrow::Cow;

use super::super::damaged::Damaged;
use super::super::message::Want;
use super::super::raw::request::{RawFetch, RawMutation, RawPull, RawRequest};
use super::element::{put_number, put_some, put_text, put_value};
use super::parse::{Element, Elements};
use crate::base::json::Sink;
use crate::base::{Cell, DeviceId, EntityId, Stamp, UnitId};
use crate::contract::Guard;

pub(super) fn encode(request: &RawRequest<'_>) -> Vec<u8> {
    let mut out = b"<request".to_vec();
    put_number(&mut out, "device", i64::from(request.device.0));
    put_number(&mut out, "clock", request.clock.0);
    put_number(&mut out, "unit", i64::from(request.unit.0));
    out.put(b">");
    if let Some(pull) = &request.pull {
        put_pull(&mut out, pull);
    }
    if let Some(push) = &request.push {
        out.put(b"<push>");
        push.iter().for_each(|mutation| put_edit(&mut out, mutation));
        out.put(b"</push>");
    }
    if let Some(RawFetch { e, of, rows }) = &request.fetch {
        out.put(b"<fetch");
        put_number(&mut out, "e", i64::from(e.0));
        put_text(&mut out, "of", of);
        put_number(&mut out, "rows", i64::from(*rows));
        out.put(b"/>");
    }
    out.put(b"</request>");
    out
}

fn put_pull(out: &mut Vec<u8>, pull: &RawPull<'_>) {
    let RawPull { rows, bytes, run, zone, get, wants } = pull;
    out.put(b"<pull");
    put_number(out, "rows", i64::from(*rows));
    put_text(out, "bytes", &bytes.to_string());
    put_text(out, "run", &run.to_string());
    if *zone != 0 {
        put_number(out, "zone", i64::from(*zone));
    }
    if *get {
        put_text(out, "get", "true");
    }
    out.put(b">");
    for Want { entity, cursor, ids } in wants.iter() {
        out.put(b"<want");
        put_number(out, "e", i64::from(entity.0));
        if let Some(cursor) = cursor {
            put_text(out, "cursor", cursor);
        }
        if *ids > 0 {
            put_number(out, "ids", i64::from(*ids));
        }
        out.put(b"/>");
    }
    out.put(b"</pull>");
}

fn put_edit(out: &mut Vec<u8>, edit: &RawMutation<'_>) {
    let RawMutation { id, edit, by, e, key, op, base, at, set, guard } = edit;
    out.put(b"<edit");
    put_text(out, "id", id);
    put_number(out, "edit", i64::from(*edit));
    if let Some(DeviceId(by)) = by {
        put_number(out, "by", i64::from(*by));
    }
    put_number(out, "e", i64::from(e.0));
    put_text(out, "key", key);
    put_text(out, "op", op.encode_utf8(&mut [0; 4]));
    put_some(out, "base", *base);
    put_number(out, "at", at.0);
    match guard {
        Guard::Base => {}
        Guard::Since => put_text(out, "guard", "since"),
        Guard::Image(image) => put_text(out, "guard", &image.to_string()),
    }
    out.put(b">");
    for (column, cell) in set {
        out.put(b"<set");
        put_number(out, "column", *column as i64);
        out.put(b">");
        put_value(out, cell.as_ref());
        out.put(b"</set>");
    }
    out.put(b"</edit>");
}

pub(super) fn decode(bytes: &[u8]) -> Result<RawRequest<'_>, Damaged> {
    let (mut elements, root) = Elements::of(bytes)?;
    root.must_be(b"request")?;
    let mut request = RawRequest {
        device: DeviceId(root.number("device")?),
        clock: root.stamp("clock")?.unwrap_or_default(),
        unit: UnitId(root.some("unit")?.unwrap_or_default()),
        pull: None,
        push: None,
        fetch: None,
    };
    while let Some(part) = elements.child()? {
        match part.name() {
            b"pull" if request.pull.is_none() => request.pull = Some(pull(&mut elements, &part)?),
            b"push" if request.push.is_none() => request.push = Some(elements.all(edit)?),
            b"fetch" if request.fetch.is_none() => {
                let (e, of) = (EntityId(part.number("e")?), Cow::Owned(part.text("of")?));
                request.fetch = Some(RawFetch { e, of, rows: part.number("rows")? });
                elements.end()?;
            }
            _ => return Err(part.unexpected()),
        }
    }
    elements.end_of_all()?;
    Ok(request)
}

fn pull<'a>(elements: &mut Elements<'a>, pull: &Element<'a>) -> Result<RawPull<'a>, Damaged> {
    let mut wants = Vec::new();
    while let Some(want) = elements.child()? {
        want.must_be(b"want")?;
        let (entity, cursor) = (EntityId(want.number("e")?), want.get("cursor")?);
        wants.push(Want { entity, cursor, ids: want.some("ids")?.unwrap_or_default() });
        elements.end()?;
    }
    Ok(RawPull {
        rows: pull.number("rows")?,
        bytes: pull.number("bytes")?,
        run: pull.some("run")?.unwrap_or_default(),
        zone: pull.some("zone")?.unwrap_or_default(),
        get: pull.says("get")?,
        wants: Cow::Owned(wants),
    })
}

fn edit<'a>(elements: &mut Elements<'a>, edit: &Element<'a>) -> Result<RawMutation<'a>, Damaged> {
    edit.must_be(b"edit")?;
    let op = edit.text("op")?;
    let mut letters = op.chars();
    let (Some(op), None) = (letters.next(), letters.next()) else {
        return Err(Damaged(format!("an operation is a letter, not {op:?}")));
    };
    let guard = match edit.get("guard")?.as_deref() {
        None => Guard::Base,
        Some("since") => Guard::Since,
        Some(_) => Guard::Image(edit.number("guard")?),
    };
    let mut set: Vec<(usize, Cell<'a>)> = Vec::new();
    while let Some(element) = elements.child()? {
        element.must_be(b"set")?;
        let kind = elements.child()?.ok_or_else(|| Damaged("a column without a value".to_owned()))?;
        set.push((element.number("column")?, elements.value(&kind)?));
        elements.end()?;
    }
    Ok(RawMutation {
        id: Cow::Owned(edit.text("id")?),
        edit: edit.number("edit")?,
        by: edit.some("by")?.map(DeviceId),
        e: EntityId(edit.number("e")?),
        key: Cow::Owned(edit.text("key")?),
        op,
        base: edit.stamp("base")?,
        at: Stamp(edit.number("at")?),
        set,
        guard,
    })
}
