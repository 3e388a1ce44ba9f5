//! Documents that are read: responses to clients.

use serde_json::{Map, Value as Json, json};

use super::super::web::Address;
use super::core::{Core, Refused};
use super::files;
use super::store::Doc;
use super::tree::{Node, Rev};
use crate::contract::{EntityId, Key, RowVersion, ServerError, Slip, Stamp};

/// The parts of a document that are asked for, besides its body.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wishes {
    pub(super) revs: bool,
    pub(super) attachments: bool,
    pub(super) conflicts: bool,
}

impl Wishes {
    pub(super) fn of(address: &Address) -> Wishes {
        Wishes {
            revs: address.is_true("revs"),
            attachments: address.is_true("attachments"),
            conflicts: address.is_true("conflicts"),
        }
    }
}

/// A revision in full; `None` if its body is not kept. The slip notes a winner's stamp.
pub(super) fn full(
    core: &Core,
    id: EntityId,
    (doc, node): (&Doc, &Node),
    wishes: Wishes,
    slip: &mut Slip,
) -> Result<Option<Json>, ServerError> {
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

/// The requested revisions of a document: each with its content, or `None` if it is missing. With
/// `latest`, a revision is replaced by the leaves that descend from it.
fn each(
    core: &Core,
    id: EntityId,
    doc: &Doc,
    (revs, latest): (Option<&[String]>, bool),
    wishes: Wishes,
    slip: &mut Slip,
) -> Result<Vec<(String, Option<Json>)>, ServerError> {
    let mut found: Vec<(String, Option<&Node>)> = Vec::new();
    match revs {
        None => found.extend(doc.tree.leaves().into_iter().map(|leaf| (leaf.rev.to_string(), Some(leaf)))),
        Some(revs) => {
            for rev in revs {
                let named: Option<Rev> = rev.parse().ok();
                let nodes = match &named {
                    Some(named) if latest => doc.tree.leaves_of(named),
                    Some(named) => doc.tree.find(named).into_iter().collect(),
                    None => Vec::new(),
                };
                if nodes.is_empty() {
                    found.push((rev.clone(), None));
                }
                found.extend(nodes.into_iter().map(|node| (node.rev.to_string(), Some(node))));
            }
        }
    }
    // Two revisions may have the same leaf.
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|(rev, _)| seen.insert(rev.clone()));
    let mut all = Vec::new();
    for (rev, node) in found {
        let full = node.map_or(Ok(None), |node| full(core, id, (doc, node), wishes, slip))?;
        all.push((rev, full));
    }
    Ok(all)
}

/// `POST /db/_bulk_get`.
pub(super) fn bulk_get(
    core: &Core,
    id: EntityId,
    (address, body): (&Address, &Json),
    slip: &mut Slip,
) -> Result<Json, Refused> {
    let wanted = body["docs"].as_array().ok_or_else(|| Refused::bad("Missing JSON list of 'docs'."))?;
    let (wishes, latest) = (Wishes::of(address), address.is_true("latest"));
    let mut results = Vec::new();
    for wanted in wanted {
        let key = wanted["id"].as_str().ok_or_else(|| Refused::bad("a document has no `id`"))?;
        let revs = wanted["rev"].as_str().map(|rev| vec![rev.to_owned()]);
        let doc = core.store.doc(id, key)?;
        let mut found = each(core, id, &doc, (revs.as_deref(), latest), wishes, slip)?;
        if found.is_empty() {
            found.push(("undefined".to_owned(), None));
        }
        let missing = |rev: &str| json!({ "id": key, "rev": rev, "error": "not_found", "reason": "missing" });
        let docs = found.into_iter().map(|(rev, full)| match full {
            Some(full) => json!({ "ok": full }),
            None => json!({ "error": missing(&rev) }),
        });
        results.push(json!({ "id": key, "docs": docs.collect::<Vec<_>>() }));
    }
    Ok(json!({ "results": results }))
}

/// `GET /db/doc`.
pub(super) fn get(
    core: &Core,
    (id, key): (EntityId, &str),
    address: &Address,
    slip: &mut Slip,
) -> Result<Json, Refused> {
    let (doc, wishes) = (core.store.doc(id, key)?, Wishes::of(address));
    let leaves = doc.tree.leaves();
    let winner = *leaves.first().ok_or_else(|| Refused::not_found("missing"))?;
    if let Some(asked) = address.get("open_revs") {
        let revs: Option<Vec<String>> = match asked {
            "all" => None,
            _ => Some(
                serde_json::from_str(asked).map_err(|_| Refused::bad("`open_revs` must be `all` or JSON"))?,
            ),
        };
        let found = each(core, id, &doc, (revs.as_deref(), address.is_true("latest")), wishes, slip)?;
        let shown = found.into_iter().map(|(rev, full)| match full {
            Some(full) => json!({ "ok": full }),
            None => json!({ "missing": rev }),
        });
        return Ok(shown.collect());
    }
    let node = match address.get("rev").map(str::parse::<Rev>) {
        None if winner.deleted => return Err(Refused::not_found("deleted")),
        None => Some(winner),
        Some(rev) => rev.ok().and_then(|rev| doc.tree.find(&rev)),
    };
    let full = node.map_or(Ok(None), |node| full(core, id, (&doc, node), wishes, slip))?;
    full.ok_or_else(|| Refused::not_found("missing"))
}

/// `POST /db/_revs_diff`. The slip gets the stamps of edits that are already committed, as their
/// response may be lost. Phones also ask for revisions that they pulled, and did not make.
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
        // The push that follows decides about these edits.
        slip.edits.retain(|row| row.entity != id || row.key.as_str() != key);
        let leaves = doc.tree.leaves();
        let before: Vec<String> = {
            let older = leaves.iter().filter(|leaf| leaf.rev.generation < oldest);
            older.map(|leaf| leaf.rev.to_string()).collect()
        };
        let mut of = json!({ "missing": missing });
        if !before.is_empty() {
            of["possible_ancestors"] = json!(before);
        }
        all.insert(key.clone(), of);
    }
    Ok(Json::Object(all))
}

/// `GET /db/_all_docs`, or `POST` with keys.
pub(super) fn all_docs(
    core: &Core,
    id: EntityId,
    (address, body): (&Address, &Json),
    slip: &mut Slip,
) -> Result<Json, Refused> {
    let text = |names: [&str; 2]| -> Result<Option<String>, ServerError> {
        let mut given = names.into_iter().map(|name| address.json(name));
        let found = given.find(|it| it.as_ref().map_or(true, |it| !it.is_null())).transpose()?;
        Ok(found.and_then(|found| found.as_str().map(str::to_owned)))
    };
    let (from, upto) = (text(["startkey", "start_key"])?, text(["endkey", "end_key"])?);
    let only = text(["key", "key"])?;
    let keys = if body["keys"].is_array() { body["keys"].clone() } else { address.json("keys")? };
    let (mut docs, mut live) = (Vec::new(), 0);
    core.store.all(id, |doc| {
        let is_live = doc.tree.winner().is_some_and(|winner| !winner.deleted);
        live += i64::from(is_live);
        let fits = from.as_ref().is_none_or(|from| doc.key >= *from)
            && upto.as_ref().is_none_or(|upto| doc.key <= *upto)
            && only.as_ref().is_none_or(|only| doc.key == *only);
        docs.extend((is_live && fits && keys.is_null()).then_some(doc));
        true
    })?;
    let mut rows = Vec::new();
    for key in keys.as_array().into_iter().flatten().filter_map(Json::as_str) {
        let doc = core.store.doc(id, key)?;
        match doc.tree.winner() {
            Some(_) => docs.push(doc),
            None => rows.push(json!({ "key": key, "error": "not_found" })),
        }
    }
    let skip = usize::try_from(address.number("skip")?.unwrap_or(0)).unwrap_or(0);
    let limit = address.number("limit")?.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    for doc in docs.iter().skip(skip).take(limit) {
        let Some(winner) = doc.tree.winner() else { continue };
        let mut row = json!({ "id": doc.key, "key": doc.key, "value": { "rev": winner.rev.to_string() } });
        if winner.deleted {
            row["value"]["deleted"] = json!(true);
        }
        if address.is_true("include_docs") {
            let full =
                if winner.deleted { None } else { full(core, id, (doc, winner), Wishes::of(address), slip)? };
            row["doc"] = json!(full);
        }
        rows.push(row);
    }
    Ok(json!({ "total_rows": live, "offset": skip, "rows": rows }))
}
