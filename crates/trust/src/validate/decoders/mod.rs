//! Gives damaged messages to the decoders. A decoder must return an error, or the original message.
//!
//! Valid messages of every codec are damaged at random and decoded. A decoder must refuse a message
//! that was cut, is nested too deeply, unpacks to more than it declares, or has another format.
//! Plain formats have no checksum, so a garbled plain message may decode to something else. A
//! garbled packed message must be refused, or decode to the original. A panic ends the command.

mod damage;
mod sound;

use std::fmt::Write as _;

use super::figures::Report;
use damage::{DAMAGES, Damage};
use sound::Sound;
use syncdyno::record::peak_memory;
use syncdyno::render::texts;
use syncdyno_contract::base::words::thousands;
use syncdyno_contract::base::{Seed, Stream};
use syncdyno_world::protocol::{Codec, all};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    Refused,
    Same,
    Otherwise,
}

/// Decodes this many damaged messages, and reports the results.
pub(super) fn decoder_report(messages: u64) -> Report {
    let codecs: Vec<(Codec, Vec<Sound>)> = all().map(|codec| (codec, sound::of(codec))).collect();
    let mut counts = [[0_u64; 3]; DAMAGES.len()];
    let mut wrong = Vec::new();
    let before = peak_memory();
    let mut number = 0;
    while counts.iter().flatten().sum::<u64>() < messages {
        number += 1;
        let mut chance = Seed(1).stream("damage", number, 0);
        let kind = damage::drawn(&mut chance);
        let (damage, name, _, refused) = DAMAGES[kind];
        let (codec, sounds) = chance.pick(&codecs);
        let sound = chance.pick(sounds);
        let Some(bytes) = damaged(damage, *codec, sound, &codecs, &mut chance) else { continue };
        let taken = taken(*codec, sound, bytes);
        counts[kind][taken as usize] += 1;
        if !allowed(refused, sound.is_packed, taken) {
            wrong.push(format!("message {number}, {name}, {codec:?}: {taken:?}"));
        }
    }
    let memory = peak_memory().zip(before).map(|(after, before)| after.saturating_sub(before));
    told(&counts, &wrong, memory)
}

fn damaged(
    damage: Damage,
    codec: Codec,
    sound: &Sound,
    codecs: &[(Codec, Vec<Sound>)],
    chance: &mut Stream,
) -> Option<Vec<u8>> {
    if damage == Damage::Others {
        let (other, sounds) = chance.pick(codecs);
        // A message with the same format and another packing does not count as another format.
        let format = |codec: Codec| codec.content_type().split(';').next();
        let strange = format(*other) != format(codec);
        return strange.then(|| chance.pick(sounds).bytes.clone());
    }
    damage.done(codec.coding().packing, &sound.bytes, chance)
}

/// Decodes a message completely and classifies the result.
fn taken(codec: Codec, sound: &Sound, bytes: Vec<u8>) -> Taken {
    let is_same = bytes == sound.bytes;
    match sound::read(codec, sound.is_request, bytes) {
        None => Taken::Refused,
        Some(read) if is_same || read == sound.says => Taken::Same,
        Some(_) => Taken::Otherwise,
    }
}

fn allowed(refused: bool, is_packed: bool, taken: Taken) -> bool {
    match taken {
        Taken::Refused => true,
        Taken::Same => !refused,
        Taken::Otherwise => !refused && !is_packed,
    }
}

fn told(counts: &[[u64; 3]], wrong: &[String], memory: Option<u64>) -> Report {
    /// This is enough for messages that declare their real size, up to the limit.
    const MOST_MEMORY: u64 = 128 << 20;
    let lines = DAMAGES.iter().zip(counts).map(|((_, name, ..), count)| {
        let [refused, same, other] = count.map(thousands);
        [(*name).to_owned(), thousands(count.iter().sum()), refused, same, other]
    });
    let mut text = texts(["damage", "messages", "refused", "as sent", "otherwise"], lines);
    let fits = memory.is_none_or(|bytes| bytes <= MOST_MEMORY);
    if let Some(bytes) = memory {
        let (more, most) = (bytes >> 20, MOST_MEMORY >> 20);
        _ = writeln!(text, "memory at its peak: {more} MiB more, of {most} MiB allowed");
    }
    let all = thousands(counts.iter().flatten().sum());
    _ = writeln!(text, "{all} messages, {} read as they must not be", wrong.len());
    wrong.iter().take(10).for_each(|line| _ = writeln!(text, "{line}"));
    Report { text, holds: Some(wrong.is_empty() && fits) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_damaged_message_is_read_as_it_must_not_be() {
        let report = decoder_report(20_000);
        assert_eq!(report.holds, Some(true), "{}", report.text);
        let packed = all().flat_map(sound::of).filter(|sound| sound.is_packed).count();
        assert!(packed > 50, "{packed} messages are packed");
    }

    #[test]
    fn what_is_read_otherwise_is_wrong_of_packed_messages_alone() {
        let otherwise = |is_packed| allowed(false, is_packed, Taken::Otherwise);
        assert_eq!(
            [otherwise(false), otherwise(true), allowed(true, false, Taken::Same)],
            [true, false, false]
        );
    }
}
