//! Who gives rows their keys.

use super::view::{Mistakes, View};
use crate::contract::{MergeRule, NamedBy, Naming};
use crate::engine::Requests;
use crate::gateway::Mode;

/// Refuses keys that the way to the backend cannot bring.
pub(super) fn keys_fit(root: View<'_>, mode: Mode, wrong: &Mistakes) {
    let cached = root.at("engine.pull.requests").word::<Requests>() != Requests::Unique;
    for (_, entity) in root.at("entity").entries() {
        let ids = entity.at("ids");
        let by: NamedBy = ids.word();
        if mode == Mode::Persistent && by != NamedBy::Device {
            let help = "write gateway.mode = \"ota\", or ids = \"client\"";
            wrong.at(ids, "a gateway with a replica brings no keys of the backend's", help);
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
    if naming.by == NamedBy::NaturalKey && (unique.items().next().is_none() || naming.doubles) {
        let help = "name its columns: unique = [\"title\"]; and leave out `doubles`";
        wrong.given(&[unique]).at(entity.at("ids"), "there is no natural key that holds", help);
    }
    if naming.merge != MergeRule::default() && naming.by != NamedBy::NaturalKey {
        let help = "it goes with ids = \"natural-key\"";
        wrong.given(&[entity.at("ids")]).at(entity.at("merge"), "nothing is merged", help);
    }
    if naming.doubles && unique.items().next().is_none() {
        let help = "name the columns by which people tell rows apart: unique = [\"title\"]";
        wrong.given(&[unique]).at(entity.at("doubles"), "nothing tells which rows are the same", help);
    }
    if naming.refill > naming.pool {
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
