//! Damage to messages, by accident or on purpose.

use std::sync::OnceLock;

use syncdyno_contract::base::Stream;
use syncdyno_world::protocol::{Coding, LIMIT, Packing, Request, packed};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Damage {
    Cut,
    Garbled,
    Shuffled,
    Endless,
    Bomb,
    Nested,
    Others,
    Login,
}

/// Each kind of damage, its name, its frequency in 10 000, and true if a decoder must refuse it.
/// Large damage is rare. If a decoder need not refuse it, and the message has a checksum, the
/// decoder can also read the original message.
pub(super) const DAMAGES: [(Damage, &str, u64, bool); 8] = [
    (Damage::Bomb, "a bomb", 5, true),
    (Damage::Nested, "nested 10^5 deep", 20, true),
    (Damage::Cut, "cut", 2_475, true),
    (Damage::Garbled, "garbled", 3_000, false),
    (Damage::Shuffled, "parts moved", 2_000, false),
    (Damage::Endless, "a length of 2^60", 1_500, false),
    (Damage::Others, "another format's", 900, true),
    (Damage::Login, "a login page", 100, true),
];

pub(super) fn drawn(chance: &mut Stream) -> usize {
    let mut left = chance.below(10_000);
    let taken = |(_, _, share, _): &(Damage, &str, u64, bool)| {
        let is_it = left < *share;
        left = left.saturating_sub(*share);
        is_it
    };
    DAMAGES.iter().position(taken).expect("shares are of ten thousand")
}

const DEPTH: usize = 100_000;
const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head>\
    <body><form action=\"/login\"><input name=\"user\"><br><input name=\"password\"></form></body></html>";

impl Damage {
    /// Damages a message; `None` if this kind of damage does not apply to it.
    pub(super) fn done(self, packing: Packing, bytes: &[u8], chance: &mut Stream) -> Option<Vec<u8>> {
        let mut message = bytes.to_vec();
        let at = chance.below(bytes.len() as u64) as usize;
        match self {
            Damage::Cut => message.truncate(at),
            Damage::Garbled => {
                for _ in 0..=chance.below(8) {
                    let at = chance.below(bytes.len() as u64) as usize;
                    message[at] ^= 1 + chance.below(255) as u8;
                }
            }
            Damage::Shuffled => {
                let until = at + chance.below((bytes.len() - at) as u64 + 1) as usize;
                let part: Vec<u8> = message.drain(at..until).collect();
                for _ in 0..chance.below(3) {
                    let to = chance.below(message.len() as u64 + 1) as usize;
                    message.splice(to..to, part.iter().copied());
                }
            }
            Damage::Endless => endless(packing, &mut message, chance),
            Damage::Bomb => return bomb(packing, chance),
            Damage::Nested => message = nested(chance),
            Damage::Login => message = PAGE.as_bytes().to_vec(),
            Damage::Others => return None,
        }
        Some(message)
    }
}

fn endless(packing: Packing, message: &mut Vec<u8>, chance: &mut Stream) {
    const LENGTH: u64 = 1 << 60;
    let at = chance.below(message.len() as u64) as usize;
    match packing {
        Packing::Gzip if message.starts_with(b"\x1f\x8b") => {
            let end = message.len();
            message[end - 4..].copy_from_slice(&(u32::MAX - chance.below(1 << 30) as u32).to_le_bytes());
        }
        Packing::Zstd if message.starts_with(b"\x28\xb5\x2f\xfd") => {
            // The head is replaced by a head whose size field has 8 bytes.
            let mut head = b"\x28\xb5\x2f\xfd\xe4".to_vec();
            head.extend_from_slice(&LENGTH.to_le_bytes());
            message.splice(..6, head);
        }
        // In CBOR, the length is that of a byte string, a text, a list or a map. In other formats
        // it replaces a number, if there is one.
        _ if message.first().is_some_and(|first| *first >= 0x80) => {
            let head = [0x5b, 0x7b, 0x9b, 0xbb][chance.below(4) as usize];
            let length = [&[head][..], &LENGTH.to_be_bytes()].concat();
            message.splice(at..=at, length);
        }
        // In protobuf, the length is a number, or the length of a text.
        _ if message.first().is_some_and(|first| [0x0b, 0x13, 0x1b].contains(first)) => {
            let key = [0x10, 0x12][chance.below(2) as usize];
            let length = [&[key][..], &[0x80; 8], &[0x10]].concat();
            message.splice(at..=at, length);
        }
        _ => match message[at..].iter().position(u8::is_ascii_digit) {
            Some(digit) => _ = message.splice(at + digit..=at + digit, LENGTH.to_string().into_bytes()),
            None => message.truncate(at),
        },
    }
}

/// A message of blanks that compresses to 1/1000. It declares its real size or less.
fn bomb(packing: Packing, chance: &mut Stream) -> Option<Vec<u8>> {
    static BOMBS: OnceLock<[Vec<u8>; 2]> = OnceLock::new();
    /// This size is large enough to be noticed, and small enough for a test.
    const BLANKS: usize = 4 << 20;
    let packed_blanks = |packing| {
        let codec = packed("json", Coding { packing, ..Coding::default() }).expect("it is listed");
        let (device, entity) = (syncdyno_contract::base::DeviceId(1), syncdyno_contract::base::EntityId(0));
        let of = syncdyno_contract::base::Key::new(&" ".repeat(BLANKS));
        codec.encode_request(&Request::Fetch(syncdyno_world::protocol::FetchRequest {
            device,
            entity,
            of,
            rows: 1,
        }))
    };
    let [gzip, zstd] = BOMBS.get_or_init(|| [Packing::Gzip, Packing::Zstd].map(packed_blanks));
    // The position of the size field: at the end, or after the first bytes of the head.
    let (mut bomb, at) = match packing {
        Packing::None => return None,
        Packing::Gzip => (gzip.clone(), gzip.len() - 4),
        Packing::Zstd => (zstd.clone(), 5),
    };
    let says = [1_000, BLANKS as u64 - 1, LIMIT, u64::from(u32::MAX)];
    bomb[at..at + 4].copy_from_slice(&(*chance.pick(&says) as u32).to_le_bytes());
    Some(bomb)
}

fn nested(chance: &mut Stream) -> Vec<u8> {
    match chance.below(7) {
        0 => "[".repeat(DEPTH).into_bytes(),
        1 => ("{\"pages\":".to_owned() + &"[".repeat(DEPTH)).into_bytes(),
        2 => ("{\"unknown\":".to_owned() + &"{\"a\":".repeat(DEPTH)).into_bytes(),
        3 => ("<answer for=\"1\">".to_owned() + &"<pages>".repeat(DEPTH)).into_bytes(),
        4 => {
            let kind = [0x81, 0x9f, 0xbf, 0xc1, 0xd8][chance.below(5) as usize];
            [b"\xbf\x67unknown".to_vec(), vec![kind; DEPTH]].concat()
        }
        5 => [b"\xbf\x65pages".to_vec(), vec![0x9f; DEPTH]].concat(),
        _ => vec![[0x0b, 0x13, 0x1b][chance.below(3) as usize]; DEPTH],
    }
}
