//! The `_changes` feed of a database: its changes, in order.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::super::web::Address;
use super::core::{Core, Refused};
use super::documents::{Reader, Wishes};
use super::store::Doc;
use crate::contract::{EntityId, ServerError, Slip, Span};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Feed {
    Normal,
    LongPoll,
    Continuous,
    EventSource,
}

#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) since: i64,
    limit: usize,
    all_docs: bool,
    include_docs: bool,
    wishes: Wishes,
    ids: Option<BTreeSet<String>>,
    pub(super) feed: Feed,
    /// The interval of keep-alive messages. If it is set, the feed does not end by itself.
    pub(super) heartbeat: Option<Span>,
    /// How long the request waits for a change.
    pub(super) timeout: Span,
}

/// Some changes, and the last sequence number among them.
pub(super) struct Page {
    pub(super) lines: Vec<(i64, Json)>,
    pub(super) last: i64,
    pending: i64,
}

/// CouchDB's default timeout.
const TIMEOUT: Span = Span::secs(60);

impl Query {
    /// Parses the parameters.
    ///
    /// # Errors
    /// A parameter is not supported, or cannot be read.
    pub(super) fn of(core: &Core, id: EntityId, address: &Address, body: &Json) -> Result<Query, Refused> {
        let feed = match address.get("feed").unwrap_or("normal") {
            "normal" => Feed::Normal,
            "longpoll" => Feed::LongPoll,
            "continuous" => Feed::Continuous,
            "eventsource" => Feed::EventSource,
            other => return Err(Refused::bad(&format!("there is no feed {other:?}"))),
        };
        let since = match address.get("since").unwrap_or("0") {
            "now" => core.store.last(id)?,
            "" => 0,
            text => Core::number(text).ok_or(Refused::bad("`since` is no sequence of this server"))?,
        };
        let ids =
            if body["doc_ids"].is_array() { body["doc_ids"].clone() } else { address.json("doc_ids")? };
        let ids = match address.get("filter") {
            None => None,
            Some("_doc_ids") => {
                let ids = ids.as_array().into_iter().flatten().filter_map(Json::as_str);
                Some(ids.map(str::to_owned).collect())
            }
            Some(other) => return Err(Refused::bad(&format!("the filter {other:?} is not supported"))),
        };
        let millis = |name: &str| -> Result<Option<Span>, ServerError> {
            let given = address.get(name).filter(|text| !["true", "false"].contains(text));
            let given = given.map_or(Ok(None), |_| address.number(name))?;
            Ok(given.map(|ms| Span::millis(u64::try_from(ms).unwrap_or(0).max(1))))
        };
        let preset = address.is_true("heartbeat").then_some(TIMEOUT);
        let limit =
            address.number("limit")?.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(1).max(1));
        Ok(Query {
            since,
            limit,
            all_docs: address.get("style") == Some("all_docs"),
            include_docs: address.is_true("include_docs"),
            wishes: Wishes::of(address),
            ids,
            feed,
            heartbeat: millis("heartbeat")?.or(preset),
            timeout: millis("timeout")?.unwrap_or(TIMEOUT),
        })
    }

    /// Reads the changes after `since`.
    pub(super) fn page(&self, core: &Core, id: EntityId, slip: &mut Slip) -> Result<Page, ServerError> {
        let (mut docs, mut pending): (Vec<Doc>, i64) = (Vec::new(), 0);
        core.store.since(id, self.since, |doc| {
            if self.ids.as_ref().is_none_or(|ids| ids.contains(&doc.key)) {
                if docs.len() < self.limit { docs.push(doc) } else { pending += 1 }
            }
        })?;
        let last = docs.last().map(|doc| doc.seq).filter(|_| pending > 0);
        let last = last.map_or_else(|| core.store.last(id), Ok)?.max(self.since);
        let mut lines = Vec::new();
        for doc in docs {
            lines.push((doc.seq, self.line(core, id, &doc, slip)?));
        }
        Ok(Page { lines, last, pending })
    }

    fn line(&self, core: &Core, id: EntityId, doc: &Doc, slip: &mut Slip) -> Result<Json, ServerError> {
        let leaves = doc.tree.leaves();
        let shown = if self.all_docs { leaves.len() } else { 1 };
        let changes: Vec<Json> =
            leaves.iter().take(shown).map(|leaf| json!({ "rev": leaf.rev.to_string() })).collect();
        let mut line = json!({ "seq": core.seq(doc.seq), "id": doc.key, "changes": changes });
        let Some(winner) = leaves.first() else { return Ok(line) };
        if winner.deleted {
            line["deleted"] = json!(true);
        }
        if self.include_docs {
            line["doc"] = json!(Reader { core, id, wishes: self.wishes }.full(doc, winner, slip)?);
        }
        Ok(line)
    }
}

impl Page {
    /// The response to a request without a stream.
    pub(super) fn json(&self, core: &Core) -> Json {
        let lines: Vec<&Json> = self.lines.iter().map(|(_, line)| line).collect();
        json!({ "results": lines, "last_seq": core.seq(self.last), "pending": self.pending })
    }
}
