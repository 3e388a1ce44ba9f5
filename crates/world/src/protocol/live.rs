//! Messages of live pull: a phone's request for announcements of changes, and the server's
//! announcements. The messages are lines of text, independent of the codec of other messages. Only
//! a page of rows that follows its announcement is in that codec.

use super::damaged::Damaged;
use crate::base::{EntityId, Span, UnitId, from_base64, to_base64};

const LISTEN: &str = "LISTEN";
const CHANGES: &str = "changes";
const ROWS: &str = "rows";
const LISTENING: &str = "listening";
/// A phone sends this on a connection to ask whether the server is alive.
pub(crate) const PING: &[u8] = b"ping\n";
/// The response to [`PING`]. In an open response it is the server's keep-alive message.
pub(crate) const PONG: &[u8] = b"pong\n";

/// A channel: a set of entities that a phone listens for. The phone numbers its channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Topic {
    pub channel: u32,
    /// The number of the latest change that the phone knows. `None`: the server announces only
    /// changes after the request.
    pub since: Option<u64>,
    pub entities: Vec<EntityId>,
    /// The rows that the phone wants with announcements; `None`: it wants announcements alone.
    pub rows: Option<RowsWanted>,
}

/// How a phone wants to get the rows of a channel with the announcements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowsWanted {
    /// The unit that pulls the channel.
    pub unit: UnitId,
    /// The most rows of a page.
    pub rows: u32,
    /// The approximate maximum of bytes of a page.
    pub bytes: u64,
    /// Local time minus the phone's clock, in seconds.
    pub zone: i32,
    /// The cursor after which the rows of each entity begin, in the order of the entities. `None`:
    /// rows that change after the request.
    pub cursors: Option<Vec<String>>,
}

/// A phone's request for announcements of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listen {
    /// Whether the response ends with the first announcement.
    pub once: bool,
    /// The interval of the server's keep-alive messages; zero: none.
    pub beat: Span,
    pub topics: Vec<Topic>,
}

/// The number of the latest change of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub channel: u32,
    pub number: u64,
}

/// A message from the server to a phone that listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// The server has accepted the request and will send announcements. The number identifies this
    /// response.
    Listening(u64),
    /// A keep-alive message, without changes.
    Alive,
    /// There are changes in these channels.
    Changes(Vec<Change>),
    /// There are changes in a channel, and these are their rows.
    Rows(SentRows),
}

/// A page of rows that comes with the announcement of their change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SentRows {
    pub change: Change,
    /// Where the rows of each entity begin.
    pub after: Vec<Position>,
    /// The page, as the response to a pull.
    pub page: Vec<u8>,
}

/// The cursor of an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub entity: EntityId,
    pub cursor: String,
}

impl Listen {
    /// Whether a request begins like a request for announcements. It may still be invalid.
    pub(crate) fn is_one(request: &[u8]) -> bool {
        request.starts_with(LISTEN.as_bytes())
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let how = if self.once { "once" } else { "on" };
        let mut out = format!("{LISTEN} {how} {}\n", self.beat.0);
        for Topic { channel, since, entities, rows } in &self.topics {
            let since = since.map_or_else(|| "now".to_owned(), |since| since.to_string());
            let entities: Vec<String> = entities.iter().map(|entity| entity.0.to_string()).collect();
            let rows = rows.as_ref().map(RowsWanted::encode).unwrap_or_default();
            out += &format!("{channel} {since} {}{rows}\n", entities.join(","));
        }
        out.into_bytes()
    }

    pub(crate) fn decode(request: &[u8]) -> Result<Listen, Damaged> {
        let text = std::str::from_utf8(request).map_err(|_| damaged())?;
        let mut lines = text.lines();
        let mut head = lines.next().ok_or_else(damaged)?.split(' ');
        let listen = head.next();
        let once = head.next();
        let beat = number(head.next())?;
        if listen != Some(LISTEN) || head.next().is_some() {
            return Err(damaged());
        }
        let once = match once {
            Some("once") => true,
            Some("on") => false,
            _ => return Err(damaged()),
        };
        Ok(Listen { once, beat: Span(beat), topics: lines.map(topic).collect::<Result<_, _>>()? })
    }
}

impl Topic {
    /// The cursor of each entity; `None` if the phone wants no rows or has named no cursors.
    pub(crate) fn positions(&self) -> Option<Vec<Position>> {
        let cursors = self.rows.as_ref()?.cursors.as_ref()?;
        let each = self.entities.iter().zip(cursors);
        Some(each.map(|(&entity, cursor)| Position { entity, cursor: cursor.clone() }).collect())
    }
}

fn topic(line: &str) -> Result<Topic, Damaged> {
    let mut parts = line.split(' ');
    let channel = number(parts.next())?;
    let since = match parts.next() {
        Some("now") => None,
        since => Some(number(since)?),
    };
    let entities = parts.next().ok_or_else(damaged)?.split(',').map(|one| number(Some(one)).map(EntityId));
    let entities = entities.collect::<Result<Vec<_>, _>>()?;
    let rows = parts.next().map(|size| RowsWanted::decode(size, parts, entities.len())).transpose()?;
    Ok(Topic { channel, since, entities, rows })
}

impl RowsWanted {
    /// The words behind those of the topic.
    fn encode(&self) -> String {
        let RowsWanted { unit, rows, bytes, zone, cursors } = self;
        let cursors = cursors.iter().flatten().map(|cursor| format!(" ={}", to_base64(cursor.as_bytes())));
        format!(" {}:{rows}:{bytes}:{zone}{}", unit.0, cursors.collect::<String>())
    }

    /// Reads the first word, and the cursors of this many entities, if there are any.
    fn decode<'w>(
        size: &str,
        cursors: impl Iterator<Item = &'w str>,
        entities: usize,
    ) -> Result<RowsWanted, Damaged> {
        let mut parts = size.split(':');
        let unit = UnitId(number(parts.next())?);
        let rows = number(parts.next())?;
        let bytes = number(parts.next())?;
        let zone = number(parts.next())?;
        let named = |word: &str| cursor(word.strip_prefix('=').ok_or_else(damaged)?);
        let cursors = cursors.map(named).collect::<Result<Vec<_>, _>>()?;
        let fits = cursors.is_empty() || cursors.len() == entities;
        if parts.next().is_some() || !fits {
            return Err(damaged());
        }
        let cursors = Some(cursors).filter(|cursors| !cursors.is_empty());
        Ok(RowsWanted { unit, rows, bytes, zone, cursors })
    }
}

impl SentRows {
    fn encode(&self) -> Vec<u8> {
        let SentRows { change: Change { channel, number }, after, page } = self;
        let after = after.iter().map(|of| format!(" {}={}", of.entity.0, to_base64(of.cursor.as_bytes())));
        let mut out = format!("{ROWS} {channel}:{number}{}\n", after.collect::<String>()).into_bytes();
        out.extend_from_slice(page);
        out
    }

    /// Reads the words of the first line behind its name.
    fn decode<'w>(mut words: impl Iterator<Item = &'w str>, page: &[u8]) -> Result<SentRows, Damaged> {
        let change = change(words.next().ok_or_else(damaged)?)?;
        let position = |word: &str| {
            let (entity, after) = word.split_once('=').ok_or_else(damaged)?;
            Ok(Position { entity: EntityId(number(Some(entity))?), cursor: cursor(after)? })
        };
        let after = words.map(position).collect::<Result<_, Damaged>>()?;
        Ok(SentRows { change, after, page: page.to_vec() })
    }
}

/// Reads a cursor that was written as one word, in base64.
fn cursor(word: &str) -> Result<String, Damaged> {
    let bytes = from_base64(word).ok_or_else(damaged)?;
    String::from_utf8(bytes).map_err(|_| damaged())
}

fn change(word: &str) -> Result<Change, Damaged> {
    let (channel, latest) = word.split_once(':').ok_or_else(damaged)?;
    Ok(Change { channel: number(Some(channel))?, number: number(Some(latest))? })
}

impl Said {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let each = |Change { channel, number }: &Change| format!(" {channel}:{number}");
        match self {
            Said::Listening(name) => format!("{LISTENING} {name}\n").into_bytes(),
            Said::Alive => PONG.to_vec(),
            Said::Changes(changes) => {
                format!("{CHANGES}{}\n", changes.iter().map(each).collect::<String>()).into_bytes()
            }
            Said::Rows(rows) => rows.encode(),
        }
    }

    pub(crate) fn decode(message: &[u8]) -> Result<Said, Damaged> {
        if message == PONG {
            return Ok(Said::Alive);
        }
        let end = message.iter().position(|byte| *byte == b'\n').ok_or_else(damaged)?;
        let page = &message[end + 1..];
        let line = std::str::from_utf8(&message[..end]).map_err(|_| damaged())?;
        let mut words = line.split(' ');
        match words.next() {
            Some(ROWS) => SentRows::decode(words, page).map(Said::Rows),
            Some(CHANGES) if page.is_empty() => {
                Ok(Said::Changes(words.map(change).collect::<Result<_, Damaged>>()?))
            }
            Some(LISTENING) if page.is_empty() => {
                let name = number(words.next())?;
                if words.next().is_some() { Err(damaged()) } else { Ok(Said::Listening(name)) }
            }
            _ => Err(damaged()),
        }
    }
}

fn number<T: std::str::FromStr>(word: Option<&str>) -> Result<T, Damaged> {
    word.and_then(|word| word.parse().ok()).ok_or_else(damaged)
}

fn damaged() -> Damaged {
    Damaged("no message about changes".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn topics() -> impl Strategy<Value = Vec<Topic>> {
        let entity = (any::<u16>().prop_map(EntityId), ".*");
        let entities = prop::collection::vec(entity, 1..5);
        let topic = (any::<u32>(), any::<Option<u64>>(), entities, prop::option::of(wanted()));
        let topic = topic.prop_map(|(channel, since, of, rows)| {
            let (entities, named): (Vec<_>, Vec<_>) = of.into_iter().unzip();
            let cursors = |rows: &RowsWanted| rows.cursors.is_some().then(|| named.clone());
            let rows = rows.map(|rows| RowsWanted { cursors: cursors(&rows), ..rows });
            Topic { channel, since, entities, rows }
        });
        prop::collection::vec(topic, 0..5)
    }

    /// The cursors are a sign that there are any.
    fn wanted() -> impl Strategy<Value = RowsWanted> {
        let wanted = (any::<u16>(), any::<u32>(), any::<u64>(), any::<i32>(), any::<bool>());
        wanted.prop_map(|(unit, rows, bytes, zone, named)| {
            let cursors = named.then(Vec::new);
            RowsWanted { unit: UnitId(unit), rows, bytes, zone, cursors }
        })
    }

    proptest! {
        #[test]
        fn a_question_is_read_as_it_was_written(once: bool, beat: u64, topics in topics()) {
            let listen = Listen { once, beat: Span(beat), topics };
            prop_assert!(Listen::is_one(&listen.encode()));
            prop_assert_eq!(Listen::decode(&listen.encode()).ok(), Some(listen));
        }

        #[test]
        fn an_announcement_is_read_as_it_was_written(changes: Vec<(u32, u64)>) {
            let changes = changes.into_iter().map(|(channel, number)| Change { channel, number });
            let said = Said::Changes(changes.collect());
            prop_assert_eq!(Said::decode(&said.encode()).ok(), Some(said));
        }

        #[test]
        fn sent_rows_are_read_as_they_were_written(
            channel: u32,
            number: u64,
            after: Vec<(u16, String)>,
            page: Vec<u8>,
        ) {
            let after = after.into_iter().map(|(entity, cursor)| Position { entity: EntityId(entity), cursor });
            let said = Said::Rows(SentRows { change: Change { channel, number }, after: after.collect(), page });
            prop_assert_eq!(Said::decode(&said.encode()).ok(), Some(said));
        }

        #[test]
        fn damaged_bytes_are_an_error_and_no_panic(
            bytes: Vec<u8>,
            text in "(LISTEN on 7\n|changes|listening|rows)?[ a-z0-9:,=%\n]*",
        ) {
            for bytes in [bytes.as_slice(), text.as_bytes()] {
                if let Ok(listen) = Listen::decode(bytes) {
                    prop_assert_eq!(Listen::decode(&listen.encode()).ok(), Some(listen));
                }
                if let Ok(said) = Said::decode(bytes) {
                    prop_assert_eq!(Said::decode(&said.encode()).ok(), Some(said));
                }
            }
        }
    }

    #[test]
    fn a_sign_of_life_announces_nothing() {
        assert_eq!(Said::decode(&Said::Alive.encode()).ok(), Some(Said::Alive));
        assert_eq!(Said::decode(&Said::Listening(7).encode()).ok(), Some(Said::Listening(7)));
        assert!(Said::decode(PING).is_err(), "only phones ask");
    }
}
