//! Responses with documents.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::super::web::Address;
use super::core::{Core, Refused};
use super::files;
use super::store::Doc;
use super::tree::{Node, Rev};
use crate::contract::{EntityId, Key, RowVersion, ServerError, Slip, Stamp};

/// The parts of a document that the client wants besides its body.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wishes {
    revs: bool,
    attachments: bool,
    conflicts: bool,
    /// True if the leaves that descend from a revision replace it in the response.
    latest: bool,
}

impl Wishes {
    pub(super) fn of(address: &Address) -> Wishes {
        Wishes {
            revs: address.is_true("revs"),
            attachments: address.is_true("attachments"),
            conflicts: address.is_true("conflicts"),
            latest: address.is_true("latest"),
        }
    }
}

fn named(node: &Node) -> (String, Option<&Node>) {
    (node.rev.to_string(), Some(node))
}

pub(super) struct Reader<'a> {
    pub(super) core: &'a Core,
    pub(super) id: EntityId,
    pub(super) wishes: Wishes,
}

impl Reader<'_> {
    /// Reads a complete revision; `None` if its body was dropped. If the revision is the winner,
    /// the slip (the bench's hidden note on a message) gets its stamp.
    pub(super) fn full(&self, doc: &Doc, node: &Node, slip: &mut Slip) -> Result<Option<Json>, ServerError> {
        let Reader { core, id, wishes } = *self;
        let Some(mut body) = core.store.body(id, &doc.key, &node.rev)? else { return Ok(None) };
        if wishes.attachments {
            files::inline(core, &mut body)?;
        }
        body.insert("_id".to_owned(), json!(doc.key));
        body.insert("_rev".to_owned(), json!(node.rev.to_string()));
        if node.deleted {
            body.insert("_deleted".to_owned(), json!(true));
        }
        if wishes.revs {
            let history = doc.tree.history(&node.rev);
            let hashes: Vec<&str> = history.iter().map(|rev| rev.hash.as_str()).collect();
            body.insert("_revisions".to_owned(), json!({ "start": node.rev.generation, "ids": hashes }));
        }
        let leaves = doc.tree.leaves();
        let is_winner = leaves.first().is_some_and(|winner| winner.rev == node.rev);
        if wishes.conflicts && is_winner {
            let others = leaves[1..].iter().filter(|leaf| !leaf.deleted);
            let others: Vec<String> = others.map(|leaf| leaf.rev.to_string()).collect();
            if !others.is_empty() {
                body.insert("_conflicts".to_owned(), json!(others));
            }
        }
        if is_winner && let Some(stamp) = node.stamp {
            let (key, removed) = (Key::new(&doc.key), node.deleted);
            slip.rows.push(RowVersion { entity: id, key, stamp: Stamp(stamp), removed });
        }
        Ok(Some(Json::Object(body)))
    }

    /// Returns these revisions of a document, or all leaves, as JSON. A revision with its content
    /// is `{"ok": …}`; `missing` makes the entry of a revision without content.
    fn each(
        &self,
        doc: &Doc,
        revs: Option<&[String]>,
        missing: impl Fn(&str) -> Json,
        slip: &mut Slip,
    ) -> Result<Vec<Json>, ServerError> {
        let mut found: Vec<(String, Option<&Node>)> = Vec::new();
        for rev in revs.into_iter().flatten() {
            let nodes = match rev.parse().ok() {
                Some(rev) if self.wishes.latest => doc.tree.leaves_of(&rev),
                Some(rev) => doc.tree.find(&rev).into_iter().collect(),
                None => Vec::new(),
            };
            if nodes.is_empty() {
                found.push((rev.clone(), None));
            }
            found.extend(nodes.into_iter().map(named));
        }
        if revs.is_none() {
            found.extend(doc.tree.leaves().into_iter().map(named));
        }
        // Two revisions may have the same leaf as a descendant.
        let mut seen = BTreeSet::new();
        found.retain(|(rev, _)| seen.insert(rev.clone()));
        let mut shown = Vec::new();
        for (rev, node) in found {
            let full = node.map_or(Ok(None), |node| self.full(doc, node, slip))?;
            shown.push(full.map_or_else(|| missing(&rev), |full| json!({ "ok": full })));
        }
        Ok(shown)
    }

    /// `POST /db/_bulk_get`.
    pub(super) fn bulk_get(&self, body: &Json, slip: &mut Slip) -> Result<Json, Refused> {
        let wanted = body["docs"].as_array().ok_or_else(|| Refused::bad("Missing JSON list of 'docs'."))?;
        let mut results = Vec::new();
        for wanted in wanted {
            let key = wanted["id"].as_str().ok_or_else(|| Refused::bad("a document has no `id`"))?;
            let missing = |rev: &str| json!({ "error": { "id": key, "rev": rev, "error": "not_found", "reason": "missing" } });
            let revs = wanted["rev"].as_str().map(|rev| vec![rev.to_owned()]);
            let doc = self.core.store.doc(self.id, key)?;
            let mut docs = self.each(&doc, revs.as_deref(), missing, slip)?;
            if docs.is_empty() {
                docs.push(missing("undefined"));
            }
            results.push(json!({ "id": key, "docs": docs }));
        }
        Ok(json!({ "results": results }))
    }

    /// `GET /db/doc`.
    pub(super) fn get(&self, key: &str, address: &Address, slip: &mut Slip) -> Result<Json, Refused> {
        let doc = self.core.store.doc(self.id, key)?;
        let winner = doc.tree.winner().ok_or_else(|| Refused::not_found("missing"))?;
        if let Some(asked) = address.get("open_revs") {
            let wrong = |_| Refused::bad("`open_revs` must be `all` or JSON");
            let revs: Option<Vec<String>> = match asked {
                "all" => None,
                _ => Some(serde_json::from_str(asked).map_err(wrong)?),
            };
            let missing = |rev: &str| json!({ "missing": rev });
            return Ok(self.each(&doc, revs.as_deref(), missing, slip)?.into());
        }
        let node = match address.get("rev").map(str::parse::<Rev>) {
            None if winner.deleted => return Err(Refused::not_found("deleted")),
            None => Some(winner),
            Some(rev) => rev.ok().and_then(|rev| doc.tree.find(&rev)),
        };
        let full = node.map_or(Ok(None), |node| self.full(&doc, node, slip))?;
        full.ok_or_else(|| Refused::not_found("missing"))
    }

    /// `GET /db/_all_docs`, or `POST` with keys.
    pub(super) fn all_docs(&self, address: &Address, body: &Json, slip: &mut Slip) -> Result<Json, Refused> {
        let text = |names: [&str; 2]| -> Result<Option<String>, ServerError> {
            let mut given = names.into_iter().map(|name| address.json(name));
            let found = given.find(|it| it.as_ref().map_or(true, |it| !it.is_null())).transpose()?;
            Ok(found.and_then(|found| found.as_str().map(str::to_owned)))
        };
        let (from, upto) = (text(["startkey", "start_key"])?, text(["endkey", "end_key"])?);
        let only = text(["key", "key"])?;
        let keys = if body["keys"].is_array() { body["keys"].clone() } else { address.json("keys")? };
        let (mut docs, mut live) = (Vec::new(), 0);
        self.core.store.all(self.id, |doc| {
            let is_live = doc.tree.winner().is_some_and(|winner| !winner.deleted);
            live += i64::from(is_live);
            let fits = from.as_ref().is_none_or(|from| doc.key >= *from)
                && upto.as_ref().is_none_or(|upto| doc.key <= *upto)
                && only.as_ref().is_none_or(|only| doc.key == *only);
            docs.extend((is_live && fits && keys.is_null()).then_some(doc));
        })?;
        let mut rows = Vec::new();
        for key in keys.as_array().into_iter().flatten().filter_map(Json::as_str) {
            let doc = self.core.store.doc(self.id, key)?;
            match doc.tree.winner() {
                Some(_) => docs.push(doc),
                None => rows.push(json!({ "key": key, "error": "not_found" })),
            }
        }
        let count = |name: &str| Ok::<_, ServerError>(address.number(name)?.map(usize::try_from));
        let skip = count("skip")?.and_then(Result::ok).unwrap_or(0);
        let limit = count("limit")?.and_then(Result::ok).unwrap_or(usize::MAX);
        for doc in docs.iter().skip(skip).take(limit) {
            let Some(winner) = doc.tree.winner() else { continue };
            let mut row =
                json!({ "id": doc.key, "key": doc.key, "value": { "rev": winner.rev.to_string() } });
            if winner.deleted {
                row["value"]["deleted"] = json!(true);
            }
            if address.is_true("include_docs") {
                let full = if winner.deleted { None } else { self.full(doc, winner, slip)? };
                row["doc"] = json!(full);
            }
            rows.push(row);
        }
        Ok(json!({ "total_rows": live, "offset": skip, "rows": rows }))
    }
}

/// `POST /db/_revs_diff`. A response to an earlier push may be lost, so the slip gets the stamps of
/// edits that are already committed. Phones also ask for revisions that they pulled and did not
/// make.
pub(super) fn revs_diff(core: &Core, id: EntityId, body: &Json, slip: &mut Slip) -> Result<Json, Refused> {
    let asked = body.as_object().ok_or_else(|| Refused::bad("the body must be an object"))?;
    let mut all = Map::new();
    for (key, revs) in asked {
        let doc = core.store.doc(id, key)?;
        let (mut missing, mut oldest) = (Vec::new(), 0);
        for rev in revs.as_array().into_iter().flatten().filter_map(Json::as_str) {
            let named: Option<Rev> = rev.parse().ok();
            if named.as_ref().is_none_or(|named| doc.tree.find(named).is_none()) {
                missing.push(rev);
                oldest = oldest.max(named.map_or(0, |named| named.generation));
            }
        }
        if missing.is_empty() {
            for row in slip.edits.iter_mut().filter(|row| row.entity == id && row.key.as_str() == key) {
                let last = row.edits.last().map_or(Ok(None), |last| core.store.carried(*last))?;
                row.stamp = last.and_then(|rev| doc.tree.find(&rev)?.stamp).map(Stamp);
            }
            continue;
        }
        // The client pushes these revisions next, and that push decides about the edits.
        slip.edits.retain(|row| row.entity != id || row.key.as_str() != key);
        let older = doc.tree.leaves().into_iter().filter(|leaf| leaf.rev.generation < oldest);
        let before: Vec<String> = older.map(|leaf| leaf.rev.to_string()).collect();
        let mut of = json!({ "missing": missing });
        if !before.is_empty() {
            of["possible_ancestors"] = json!(before);
        }
        all.insert(key.clone(), of);
    }
    Ok(Json::Object(all))
}
