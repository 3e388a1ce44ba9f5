//! Routes requests to their handlers.

use serde_json::{Value as Json, json};

use super::super::call::Call;
use super::super::web::{self, Address, response};
use super::changes::{Feed, Query};
use super::core::{Core, Refused};
use super::documents::{Reader, Wishes, revs_diff};
use super::put::{Given, put};
use super::store::Body;
use super::{files, ingest};
use crate::contract::http::{Response, header};
use crate::contract::{EntityId, ServerError, Slip};

/// A response, or a request that waits for changes.
pub(super) enum Routed {
    Now(Response),
    Waits(EntityId, Query),
}

type Answer = Result<Routed, Refused>;

struct Asked<'a> {
    core: &'a Core,
    id: EntityId,
    name: &'a str,
    address: &'a Address,
    body: Json,
}

/// Handles a request.
///
/// # Errors
/// Errors of the record (the backend). If the half itself refuses, that is a response and no error.
pub(super) fn answer(core: &Core, call: &mut Call<'_>) -> Result<Routed, ServerError> {
    let address = Address::of(call.request.uri());
    let parts = address.parts();
    let Some((name, rest)) = parts.split_first() else {
        let welcome = json!({ "couchdb": "Welcome", "version": "3.3.3", "vendor": { "name": "syncdyno" } });
        return Ok(Routed::Now(response(200, &welcome)));
    };
    let Some(id) = core.database(name) else {
        return Ok(Routed::Now(Refused::not_found("Database does not exist.").response()));
    };
    let is_file = matches!(rest, [key, _, ..] if !key.starts_with('_'));
    let body = if is_file { Json::Null } else { web::body(call.request)? };
    ingest::ingest(core, id, call.record)?;
    let asked = Asked { core, id, name, address: &address, body };
    if !decides(call.request.method().as_str(), rest) {
        call.slip.edits.clear();
    }
    Ok(asked.routed(rest, call).unwrap_or_else(|refused| Routed::Now(refused.response())))
}

/// True if the response decides about edits. Reads do not.
fn decides(method: &str, rest: &[&str]) -> bool {
    match (method, rest) {
        ("POST", [] | ["_bulk_docs" | "_revs_diff"]) => true,
        ("PUT" | "DELETE", [key, ..]) => !key.starts_with('_'),
        _ => false,
    }
}

fn now(status: u16, body: &Json) -> Answer {
    Ok(Routed::Now(response(status, body)))
}

impl Asked<'_> {
    fn routed(&self, rest: &[&str], call: &mut Call<'_>) -> Answer {
        let (core, id, address, body) = (self.core, self.id, self.address, &self.body);
        let reader = Reader { core, id, wishes: Wishes::of(address) };
        let exists = "The database could not be created, the file already exists.";
        match (call.request.method().as_str(), rest) {
            ("GET", []) => now(200, &self.about()?),
            ("PUT", []) => Err(Refused::new(412, "file_exists", exists)),
            ("POST", []) => self.put(id_of(body)?, body, call),
            ("GET" | "POST", ["_changes"]) => self.changes(call.slip),
            ("POST", ["_revs_diff"]) => now(200, &revs_diff(core, id, body, call.slip)?),
            ("POST", ["_bulk_get"]) => now(200, &reader.bulk_get(body, call.slip)?),
            ("POST", ["_bulk_docs"]) => self.bulk_docs(call),
            ("POST", ["_ensure_full_commit"]) => now(201, &json!({ "ok": true, "instance_start_time": "0" })),
            ("GET" | "POST", ["_all_docs"]) => now(200, &reader.all_docs(address, body, call.slip)?),
            (method, ["_local", local]) => self.local(method, local),
            (_, [own, ..]) if own.starts_with('_') => Err(Refused::not_found("missing")),
            ("GET", [key]) => now(200, &reader.get(key, address, call.slip)?),
            ("PUT", [key]) => self.put(key, body, call),
            ("DELETE", [key]) => self.put(key, &json!({ "_deleted": true }), call),
            (_, [key, file @ ..]) => self.file(key, &file.join("/"), call),
            _ => Err(Refused::new(405, "method_not_allowed", "this method is not supported here")),
        }
    }

    fn about(&self) -> Result<Json, Refused> {
        let (mut live, mut gone) = (0, 0);
        self.core.store.all(self.id, |doc| {
            let is_live = doc.tree.winner().is_some_and(|winner| !winner.deleted);
            *(if is_live { &mut live } else { &mut gone }) += 1;
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

    /// Writes one document after the revision that the query, a header or the document names.
    fn put(&self, key: &str, doc: &Json, call: &mut Call<'_>) -> Answer {
        let mut doc = object(doc)?.clone();
        let tag = call.request.headers().get(header::IF_MATCH).and_then(|tag| tag.to_str().ok());
        let rev = self.address.get("rev").or(tag.map(|tag| tag.trim_matches('"')));
        if let Some(rev) = rev {
            doc.insert("_rev".to_owned(), json!(rev));
        }
        let as_it_is = self.address.get("new_edits") == Some("false");
        let given = Given { entity: self.id, key, doc: &doc, as_it_is };
        let rev = put(self.core, &given, call)?;
        let status = if call.request.method().as_str() == "DELETE" { 200 } else { 201 };
        now(status, &json!({ "ok": true, "id": key, "rev": rev.to_string() }))
    }

    fn bulk_docs(&self, call: &mut Call<'_>) -> Answer {
        let missing = || Refused::bad("POST body must include `docs` parameter.");
        let docs = self.body["docs"].as_array().ok_or_else(missing)?;
        let as_it_is = self.body["new_edits"] == json!(false);
        let mut results = Vec::new();
        for doc in docs {
            let key = id_of(doc)?;
            let given = Given { entity: self.id, key, doc: object(doc)?, as_it_is };
            match put(self.core, &given, call) {
                // The client sends the whole batch again. It then finds the stored documents
                // unchanged.
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

    /// Reads or writes a replication checkpoint. It has no revisions, and no feed contains it.
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
                let mut body = object(&self.body)?.clone();
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

    /// Handles a request for an attachment. Returns its bytes, or makes a revision that replaces or
    /// removes it.
    fn file(&self, key: &str, name: &str, call: &mut Call<'_>) -> Answer {
        let (core, id, request) = (self.core, self.id, call.request);
        let doc = core.store.doc(id, key)?;
        let wrong = |()| Refused::bad("Invalid rev format");
        let named = self.address.get("rev").map(|rev| rev.parse().map_err(wrong)).transpose()?;
        let rev = named.or(doc.tree.winner().map(|winner| winner.rev.clone()));
        let body = rev.as_ref().map_or(Ok(None), |rev| core.store.body(id, key, rev))?;
        let mut body = body.unwrap_or_default();
        let mut kept = body.get(files::MEMBER).and_then(Json::as_object).cloned().unwrap_or_default();
        let missing = || Refused::not_found("Document is missing attachment");
        if request.method().as_str() == "GET" {
            let file = kept.get(name).ok_or_else(missing)?;
            let bytes = files::bytes(core, file)?.ok_or_else(missing)?;
            let of = file["content_type"].as_str().unwrap_or_default();
            return Ok(Routed::Now(web::bytes(200, of, bytes)));
        }
        if request.method().as_str() == "PUT" {
            let of = request.headers().get(header::CONTENT_TYPE).and_then(|of| of.to_str().ok());
            let of = of.unwrap_or("application/octet-stream");
            let data = json!({ "content_type": of, "data": crate::base::to_base64(request.body()) });
            kept.insert(name.to_owned(), data);
        } else {
            kept.remove(name).ok_or_else(missing)?;
        }
        body.insert(files::MEMBER.to_owned(), Json::Object(kept));
        self.put(key, &Json::Object(body), call)
    }
}

fn id_of(doc: &Json) -> Result<&str, Refused> {
    doc["_id"].as_str().ok_or_else(|| Refused::bad("a document must have an `_id`: none is given out here"))
}

fn object(doc: &Json) -> Result<&Body, Refused> {
    doc.as_object().ok_or_else(|| Refused::bad("Document must be a JSON object"))
}
