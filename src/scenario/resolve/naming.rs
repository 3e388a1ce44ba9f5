//! Who gives rows their keys.

use super::view::{Mistakes, View};
use crate::contract::{NamedBy, Naming};
use crate::engine::{LocalCapture, Requests};
use crate::gateway::Mode;

/// Refuses keys that the way to the backend cannot bring.
pub(super) fn keys_fit(root: View<'_>, mode: Mode, wrong: &Mistakes) {
    let cached = root.at("engine.pull.requests").word::<Requests>() != Requests::Unique;
    let marks = root.at("engine.push.capture").word::<LocalCapture>() != LocalCapture::Outbox;
    for (_, entity) in root.at("entity").entries() {
        let ids = entity.at("ids");
        let by: NamedBy = ids.word();
        if mode == Mode::Persistent && by != NamedBy::Device {
            let help = "write gateway.mode = \"ota\", or ids = \"client\"";
            wrong.at(ids, "a gateway with a replica brings no keys of the backend's", help);
        } else if marks && by != NamedBy::Device {
            let help = "write engine.push.capture = \"outbox\", or ids = \"client\"";
            wrong.at(ids, "a mark on a row does not follow it to a key of the backend's", help);
        } else if cached && by == NamedBy::Pool {
            let help = "write engine.pull.requests = \"unique\"";
            wrong.at(ids, "a cache on the way would give two phones the same keys", help);
        }
    }
}

/// How the rows of an entity get their keys.
pub(super) fn naming(entity: View<'_>, wrong: &Mistakes) -> Naming {
    let naming = Naming {
        by: entity.at("ids").word(),
        merge: entity.at("merge").word(),
        doubles: entity.at("doubles").flag(),
        pool: entity.at("pool").count(),
        refill: entity.at("refill").count(),
    };
    let unique = entity.at("unique");
    let ids = entity.at("ids");
    let keyless = unique.items().next().is_none();
    if naming.by == NamedBy::NaturalKey && keyless {
        let help = "list the columns that together are the natural key in `unique`";
        wrong.given(&[unique]).at(ids, "these rows have no natural key", help);
    } else if naming.by == NamedBy::NaturalKey && naming.doubles {
        let help = "leave out `doubles`, or write ids = \"client\"";
        let title = "`doubles` lets rows have the same natural key, and this makes them one row";
        wrong.given(&[entity.at("doubles")]).at(ids, title, help);
    }
    if naming.doubles && keyless && naming.by != NamedBy::NaturalKey {
        let help = "list the columns by which people tell rows apart in `unique`";
        wrong.given(&[unique]).at(entity.at("doubles"), "nothing tells which rows are the same", help);
    }
    if naming.by == NamedBy::Pool && naming.refill > naming.pool {
        let at = ["refill", "pool"].map(|key| entity.at(key));
        let at = at.into_iter().find(|view| view.place().is_some()).unwrap_or(entity);
        let title = format!("a pool of {} keys always has fewer than {}", naming.pool, naming.refill);
        wrong.given(&at_both(entity)).at(at, title, "`refill` is at most `pool`");
    }
    naming
}

fn at_both(entity: View<'_>) -> [View<'_>; 2] {
    ["pool", "refill"].map(|key| entity.at(key))
}
