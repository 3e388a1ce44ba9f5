//! Routes requests to their handlers.

use serde_json::{Value as Json, json};

use super::super::web::{self, Address, response};
use super::changes::{Feed, Query};
use super::core::{Core, Refused};
use super::put::{Given, put};
use super::store::Body;
use super::{documents, files, ingest};
use crate::contract::http::{Request, Response, header};
use crate::contract::{DeviceId, EntityId, ServerError, Slip, SystemOfRecord};

/// A response, or a request that waits for changes.
pub(super) enum Routed {
    Now(Response),
    Waits(EntityId, Query),
}

type Answer = Result<Routed, Refused>;

/// A parsed request.
struct Asked<'a> {
    core: &'a Core,
    from: DeviceId,
    id: EntityId,
    name: &'a str,
    address: &'a Address,
    request: &'a Request,
    body: Json,
}

/// Handles a request.
///
/// # Errors
/// Errors of the record; what the half itself refuses is a response.
pub(super) fn answer(
    core: &Core,
    (from, request): (DeviceId, &Request),
    slip: &mut Slip,
    record: &mut dyn SystemOfRecord,
) -> Result<Routed, ServerError> {
    let address = Address::of(request.uri());
    let parts = address.parts();
    let Some((name, rest)) = parts.split_first() else {
        let welcome = json!({ "couchdb": "Welcome", "version": "3.3.3", "vendor": { "name": "syncdyno" } });
        return Ok(Routed::Now(response(200, &welcome)));
    };
    let Some(id) = core.database(name) else {
        return Ok(Routed::Now(Refused::not_found("Database does not exist.").response()));
    };
    let is_file = matches!(rest, [key, _, ..] if !key.starts_with('_'));
    let body = if is_file { Json::Null } else { web::body(request)? };
    ingest::ingest(core, id, record)?;
    let asked = Asked { core, from, id, name, address: &address, request, body };
    if !asked.decides(rest) {
        slip.edits.clear();
    }
    Ok(asked.routed(rest, slip, record).unwrap_or_else(|refused| Routed::Now(refused.response())))
}

fn now(status: u16, body: &Json) -> Answer {
    Ok(Routed::Now(response(status, body)))
}

impl Asked<'_> {
    /// Whether the response settles edits; reads do not.
    fn decides(&self, rest: &[&str]) -> bool {
        match (self.request.method().as_str(), rest) {
            ("POST", [] | ["_bulk_docs" | "_revs_diff"]) => true,
            ("PUT" | "DELETE", [key, ..]) => !key.starts_with('_'),
            _ => false,
        }
    }
    fn routed(&self, rest: &[&str], slip: &mut Slip, record: &mut dyn SystemOfRecord) -> Answer {
        let (core, id, address, body) = (self.core, self.id, self.address, &self.body);
        match (self.request.method().as_str(), rest) {
            ("GET", []) => now(200, &self.about()?),
            ("PUT", []) => Err(Refused::new(
                412,
                "file_exists",
                "The database could not be created, the file already exists.",
            )),
            ("POST", []) => self.put(self.id_of(body)?, body, slip, record),
            ("GET" | "POST", ["_changes"]) => self.changes(slip),
            ("POST", ["_revs_diff"]) => now(200, &documents::revs_diff(core, id, body, slip)?),
            ("POST", ["_bulk_get"]) => now(200, &documents::bulk_get(core, id, (address, body), slip)?),
            ("POST", ["_bulk_docs"]) => self.bulk_docs(slip, record),
            ("POST", ["_ensure_full_commit"]) => now(201, &json!({ "ok": true, "instance_start_time": "0" })),
            ("GET" | "POST", ["_all_docs"]) => {
                now(200, &documents::all_docs(core, id, (address, body), slip)?)
            }
            (method, ["_local", local]) => self.local(method, local),
            (_, [own, ..]) if own.starts_with('_') => Err(Refused::not_found("missing")),
            ("GET", [key]) => now(200, &documents::get(core, (id, key), address, slip)?),
            ("PUT", [key]) => self.put(key, body, slip, record),
            ("DELETE", [key]) => self.put(key, &json!({ "_deleted": true }), slip, record),
            (method, [key, file @ ..]) => self.file(method, (key, &file.join("/")), slip, record),
            _ => Err(Refused::new(405, "method_not_allowed", "this method is not supported here")),
        }
    }

    fn about(&self) -> Result<Json, Refused> {
        let (mut live, mut gone) = (0, 0);
        self.core.store.all(self.id, |doc| {
            let is_live = doc.tree.winner().is_some_and(|winner| !winner.deleted);
            *(if is_live { &mut live } else { &mut gone }) += 1;
            true
        })?;
        let last = self.core.seq(self.core.store.last(self.id)?);
        Ok(json!({
            "db_name": self.name,
            "doc_count": live,
            "doc_del_count": gone,
            "update_seq": last,
            "instance_start_time": "0",
            "compact_running": false,
        }))
    }

    fn changes(&self, slip: &mut Slip) -> Answer {
        let query = Query::of(self.core, self.id, self.address, &self.body)?;
        let page = query.page(self.core, self.id, slip)?;
        match query.feed {
            Feed::LongPoll if page.lines.is_empty() => Ok(Routed::Waits(self.id, query)),
            Feed::Normal | Feed::LongPoll => now(200, &page.json(self.core)),
            Feed::Continuous | Feed::EventSource => {
                let lines = page.lines.iter().map(|(_, line)| format!("{line}\n"));
                let end = json!({ "last_seq": self.core.seq(page.last) });
                let text = lines.collect::<String>() + &format!("{end}\n");
                Ok(Routed::Now(web::bytes(200, "application/json", text.into_bytes())))
            }
        }
    }

    fn id_of<'d>(&self, doc: &'d Json) -> Result<&'d str, Refused> {
        doc["_id"]
            .as_str()
            .ok_or_else(|| Refused::bad("a document must have an `_id`: none is given out here"))
    }

    /// Writes one document, on the revision that the query, a header or the document names.
    fn put(&self, key: &str, doc: &Json, slip: &mut Slip, record: &mut dyn SystemOfRecord) -> Answer {
        let mut doc = doc.as_object().ok_or_else(|| Refused::bad("Document must be a JSON object"))?.clone();
        let tag = self.request.headers().get(header::IF_MATCH).and_then(|tag| tag.to_str().ok());
        let rev = self.address.get("rev").or(tag.map(|tag| tag.trim_matches('"')));
        if let Some(rev) = rev {
            doc.insert("_rev".to_owned(), json!(rev));
        }
        let as_it_is = self.address.get("new_edits") == Some("false");
        let given = Given { of: self.from, entity: self.id, key, doc: &doc, as_it_is };
        let rev = put(self.core, &given, slip, record)?;
        let status = if self.request.method().as_str() == "DELETE" { 200 } else { 201 };
        now(status, &json!({ "ok": true, "id": key, "rev": rev.to_string() }))
    }

    fn bulk_docs(&self, slip: &mut Slip, record: &mut dyn SystemOfRecord) -> Answer {
        let docs = self.body["docs"]
            .as_array()
            .ok_or_else(|| Refused::bad("POST body must include `docs` parameter."))?;
        let as_it_is = self.body["new_edits"] == json!(false);
        let mut results = Vec::new();
        for doc in docs {
            let key = self.id_of(doc)?;
            let body = doc.as_object().ok_or_else(|| Refused::bad("Document must be a JSON object"))?;
            let given = Given { of: self.from, entity: self.id, key, doc: body, as_it_is };
            match put(self.core, &given, slip, record) {
                // The client sends the whole batch again; what was stored is then known.
                Err(refused) if refused.status >= 500 => return Err(refused),
                Err(refused) => {
                    results.push(json!({ "id": key, "error": refused.error, "reason": refused.reason }));
                }
                Ok(_) if as_it_is => {}
                Ok(rev) => results.push(json!({ "ok": true, "id": key, "rev": rev.to_string() })),
            }
        }
        now(201, &Json::Array(results))
    }

    /// A replication checkpoint: it has no revisions and appears in no feed.
    fn local(&self, method: &str, local: &str) -> Answer {
        let (store, id, full_id) = (&self.core.store, self.id, format!("_local/{local}"));
        let known = store.local(id, local)?;
        let count = |body: &Body| Core::number(body["_rev"].as_str()?.strip_prefix("0-")?);
        let number = known.as_ref().and_then(count).unwrap_or(0) + 1;
        match method {
            "GET" => {
                let known = known.ok_or_else(|| Refused::not_found("missing"))?;
                now(200, &Json::Object(known))
            }
            "PUT" => {
                let mut body = self
                    .body
                    .as_object()
                    .ok_or_else(|| Refused::bad("Document must be a JSON object"))?
                    .clone();
                let rev = format!("0-{number}");
                body.insert("_id".to_owned(), json!(full_id));
                body.insert("_rev".to_owned(), json!(rev));
                store.put_local(id, local, Some(&body))?;
                now(201, &json!({ "ok": true, "id": full_id, "rev": rev }))
            }
            "DELETE" => {
                known.ok_or_else(|| Refused::not_found("missing"))?;
                store.put_local(id, local, None)?;
                now(200, &json!({ "ok": true, "id": full_id, "rev": "0-0" }))
            }
            _ => Err(Refused::new(405, "method_not_allowed", "Only GET, PUT, DELETE allowed")),
        }
    }

    /// An attachment by name: returns its bytes, or makes a revision that replaces or removes it.
    fn file(
        &self,
        method: &str,
        (key, name): (&str, &str),
        slip: &mut Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Answer {
        let (core, id) = (self.core, self.id);
        let doc = core.store.doc(id, key)?;
        let named =
            self.address.get("rev").map(|rev| rev.parse().map_err(|()| Refused::bad("Invalid rev format")));
        let winner = doc.tree.winner().map(|winner| winner.rev.clone());
        let rev = named.transpose()?.or(winner);
        let body = rev.as_ref().map_or(Ok(None), |rev| core.store.body(id, key, rev))?;
        let mut body = body.unwrap_or_default();
        let mut kept = body.get(files::MEMBER).and_then(Json::as_object).cloned().unwrap_or_default();
        if method == "GET" {
            let missing = || Refused::not_found("Document is missing attachment");
            let file = kept.get(name).ok_or_else(missing)?;
            let bytes = files::bytes(core, file)?.ok_or_else(missing)?;
            let of = file["content_type"].as_str().unwrap_or_default();
            return Ok(Routed::Now(web::bytes(200, of, bytes)));
        }
        if method == "PUT" {
            let of = self.request.headers().get(header::CONTENT_TYPE).and_then(|of| of.to_str().ok());
            let of = of.unwrap_or("application/octet-stream");
            let data = json!({ "content_type": of, "data": crate::base::to_base64(self.request.body()) });
            kept.insert(name.to_owned(), data);
        } else if kept.remove(name).is_none() {
            return Err(Refused::not_found("Document is missing attachment"));
        }
        body.insert(files::MEMBER.to_owned(), Json::Object(kept));
        self.put(key, &Json::Object(body), slip, record)
    }
}
