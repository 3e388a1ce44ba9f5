//! Messages of live pull: a phone's request for announcements of changes, and the server's
//! announcements. The messages are lines of text, independent of the codec of other messages.

use super::damaged::Damaged;
use crate::base::{EntityId, Span};

const LISTEN: &str = "LISTEN";
const CHANGES: &str = "changes";
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
}

impl Listen {
    /// Whether a request begins like a request for announcements. It may still be invalid.
    pub(crate) fn is_one(request: &[u8]) -> bool {
        request.starts_with(LISTEN.as_bytes())
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let how = if self.once { "once" } else { "on" };
        let mut out = format!("{LISTEN} {how} {}\n", self.beat.0);
        for Topic { channel, since, entities } in &self.topics {
            let since = since.map_or_else(|| "now".to_owned(), |since| since.to_string());
            let entities: Vec<String> = entities.iter().map(|entity| entity.0.to_string()).collect();
            out += &format!("{channel} {since} {}\n", entities.join(","));
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

fn topic(line: &str) -> Result<Topic, Damaged> {
    let mut parts = line.split(' ');
    let channel = number(parts.next())?;
    let since = match parts.next() {
        Some("now") => None,
        since => Some(number(since)?),
    };
    let entities = parts.next().ok_or_else(damaged)?.split(',').map(|one| number(Some(one)).map(EntityId));
    let topic = Topic { channel, since, entities: entities.collect::<Result<_, _>>()? };
    if parts.next().is_some() { Err(damaged()) } else { Ok(topic) }
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
        }
    }

    pub(crate) fn decode(message: &[u8]) -> Result<Said, Damaged> {
        if message == PONG {
            return Ok(Said::Alive);
        }
        let text = std::str::from_utf8(message).map_err(|_| damaged())?;
        let mut words = text.strip_suffix('\n').ok_or_else(damaged)?.split(' ');
        match words.next() {
            Some(CHANGES) => {}
            Some(LISTENING) => {
                let name = number(words.next())?;
                return if words.next().is_some() { Err(damaged()) } else { Ok(Said::Listening(name)) };
            }
            _ => return Err(damaged()),
        }
        let change = |word: &str| {
            let (channel, latest) = word.split_once(':').ok_or_else(damaged)?;
            Ok(Change { channel: number(Some(channel))?, number: number(Some(latest))? })
        };
        Ok(Said::Changes(words.map(change).collect::<Result<_, Damaged>>()?))
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
        let entities = prop::collection::vec(any::<u16>().prop_map(EntityId), 1..5);
        let topic = (any::<u32>(), any::<Option<u64>>(), entities);
        let topic = topic.prop_map(|(channel, since, entities)| Topic { channel, since, entities });
        prop::collection::vec(topic, 0..5)
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
        fn damaged_bytes_are_an_error_and_no_panic(bytes: Vec<u8>, text in "(LISTEN|changes|listening)?[ a-z0-9:,\n]*") {
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
