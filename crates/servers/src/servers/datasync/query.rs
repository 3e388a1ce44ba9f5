//! Pages of items that are newer than a time.

use serde_json::{Map, Value as Json, json};

use super::super::call::Call;
use super::super::rows;
use super::super::web::{Address, bad, response};
use super::{Datasync, version};
use crate::base::Day;
use crate::contract::http::Response;
use crate::contract::{EntityId, Key, ServerError, Stamp, Value};

const KNOWN: [&str; 6] = ["$filter", "$orderby", "$skip", "$top", "$count", "__includedeleted"];

/// Parses a time such as 2024-08-23T20:22:54.291Z. Digits after microseconds are dropped.
pub(super) fn stamp(text: &str) -> Option<Stamp> {
    let (day, time) = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00"))?.split_once('T')?;
    let (whole, fraction) = time.split_once('.').unwrap_or((time, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<i64> = whole.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let &[hours, minutes, seconds] = parts.as_slice() else { return None };
    if !all_digits(fraction)
        || !(0..24).contains(&hours)
        || !(0..60).contains(&minutes)
        || !(0..61).contains(&seconds)
    {
        return None;
    }
    let micros: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    let begins = Day::read(day)?.begins();
    Some(Stamp(begins.0 + ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + micros))
}

/// Reads the time of a filter `updatedAt gt TIME`.
fn newer_than(filter: &str) -> Option<Stamp> {
    let inside =
        filter.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(filter.trim());
    let rest = inside.strip_prefix("updatedAt gt ")?.trim();
    let cast = rest.strip_prefix("cast(").and_then(|rest| rest.strip_suffix(')'));
    let literal = match cast {
        Some(cast) => cast.split_once(',').filter(|(_, of)| of.trim() == "Edm.DateTimeOffset")?.0,
        None => rest,
    };
    stamp(literal.trim().trim_matches('\''))
}

impl Datasync {
    pub(super) fn query(
        &self,
        id: EntityId,
        address: &Address,
        call: &mut Call<'_>,
    ) -> Result<Response, ServerError> {
        let is_known = |name: &&str| KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name));
        if let Some(other) = address.names().find(|name| !is_known(name)) {
            return Err(bad(format!("the query option {other} is not supported")));
        }
        let wrong =
            || bad("the one $filter is (updatedAt gt cast(2024-08-23T20:22:54.291Z,Edm.DateTimeOffset))");
        let filter = address.get("$filter").filter(|filter| !filter.is_empty());
        let since = filter.map(|filter| newer_than(filter).ok_or_else(wrong)).transpose()?;
        let since = since.filter(|stamp| stamp.0 > 0);
        let order = address.get("$orderby").unwrap_or("updatedAt");
        if !["updatedAt", "updatedAt asc"].contains(&order) {
            return Err(bad("the one $orderby is updatedAt"));
        }
        let deleted = address.names().find(|name| name.eq_ignore_ascii_case("__includedeleted"));
        let deleted = deleted.is_some_and(|name| address.is_true(name));
        let number = |name: &str| -> Result<Option<usize>, ServerError> {
            let wrong = |_| bad(format!("{name} must not be below 0"));
            address.number(name)?.map(|n| usize::try_from(n).map_err(wrong)).transpose()
        };
        let (skip, top) = (number("$skip")?.unwrap_or(0), number("$top")?);
        let attributes = call.attributes(&self.0.setup);
        let mut found = rows::changed(call.record, id, attributes, since)?;
        found.retain(|(_, _, values)| deleted || values.is_some());
        found.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
        let count = found.len();
        let room = top.unwrap_or(usize::MAX).min(self.0.page);
        let page: Vec<_> = found.into_iter().skip(skip).take(room).collect();
        let next = skip + page.len();
        let left = top.map(|top| top - page.len());
        let mut items = Vec::new();
        for (key, stamp, values) in &page {
            call.brings_version(id, key, *stamp, values.is_none());
            items.push(Json::Object(self.object(id, key, (*stamp, values.as_deref()))));
        }
        let mut body = json!({ "items": items });
        if address.is_true("$count") {
            body["count"] = json!(count);
        }
        if next < count && left != Some(0) {
            let kept = address.pairs().filter(|(name, _)| !["$skip", "$top"].contains(name));
            let mut query: Vec<String> = kept.map(|(name, value)| format!("{name}={value}")).collect();
            query.push(format!("$skip={next}"));
            query.extend(left.map(|left| format!("$top={left}")));
            body["nextLink"] = json!(query.join("&"));
        }
        Ok(response(200, &body))
    }

    /// Builds an item in the toolkit's form.
    pub(super) fn object(
        &self,
        id: EntityId,
        key: &Key,
        (stamp, values): (Stamp, Option<&[Value]>),
    ) -> Map<String, Json> {
        let entity = self.0.schema_of(id);
        let mut object = values.map(|values| rows::object(entity, values)).unwrap_or_default();
        let own = [
            ("id", json!(key.as_str())),
            ("updatedAt", json!(stamp.to_string())),
            ("version", json!(version(stamp))),
            ("deleted", json!(values.is_none())),
        ];
        object.extend(own.map(|(name, value)| (name.to_owned(), value)));
        object
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_it_is_written() {
        for micros in [0, 1, 1_724_444_574_291_000, 1_724_444_574_291_001] {
            assert_eq!(stamp(&Stamp(micros).to_string()), Some(Stamp(micros)));
        }
        let filter = |text: &str| newer_than(&format!("(updatedAt gt cast({text},Edm.DateTimeOffset))"));
        assert_eq!(filter("2024-08-23T20:22:54.291Z"), Some(Stamp(1_724_444_574_291_000)));
        assert_eq!(filter("1970-01-01T00:00:00.000Z"), Some(Stamp(0)));
        assert_eq!(newer_than("updatedAt gt 2024-08-23T20:22:54.291Z"), filter("2024-08-23T20:22:54.291Z"));
        for wrong in
            ["", "2024-08-23", "2024-08-23T25:00:00Z", "2024-08-23T20:22Z", "2024-13-01T00:00:00Z", "xTyZ"]
        {
            assert_eq!(filter(wrong), None, "{wrong}");
        }
        assert_eq!(newer_than("title eq 'x'"), None);
    }
}
