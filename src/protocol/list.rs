//! The codecs that there are.

use super::cbor::Cbor;
use super::codec::Codec;
use super::coding::{BytesCount, Coding, Packing, Packs};
use super::json::{Json, Objects};
use super::packed::Packed;
use super::protobuf::Protobuf;
use super::xml::Xml;

/// Formats by their names in scenario files.
const FORMATS: &[(&str, &dyn Codec)] =
    &[("json", &Json), ("json-objects", &Objects), ("xml", &Xml), ("cbor", &Cbor), ("protobuf", &Protobuf)];

/// The one that is spoken where nothing else is said.
pub const DEFAULT: &dyn Codec = FORMATS[0].1;

/// Their names.
pub const NAMES: &[&str] = &{
    let mut names = [""; FORMATS.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = FORMATS[at].0;
        at += 1;
    }
    names
};

/// What is done besides in codecs that pack.
const CODINGS: [Coding; 8] = {
    let (gzip, zstd) = (Packing::Gzip, Packing::Zstd);
    let (both, answers) = (Packs::Both, Packs::Answers);
    let (plain, sent) = (BytesCount::Plain, BytesCount::Sent);
    [
        Coding { packing: gzip, packs: both, counts: plain },
        Coding { packing: gzip, packs: both, counts: sent },
        Coding { packing: gzip, packs: answers, counts: plain },
        Coding { packing: gzip, packs: answers, counts: sent },
        Coding { packing: zstd, packs: both, counts: plain },
        Coding { packing: zstd, packs: both, counts: sent },
        Coding { packing: zstd, packs: answers, counts: plain },
        Coding { packing: zstd, packs: answers, counts: sent },
    ]
};

/// Each format in each of these.
static PACKED: [Packed; FORMATS.len() * CODINGS.len()] = {
    let mut all = [Packed { format: DEFAULT, coding: CODINGS[0] }; FORMATS.len() * CODINGS.len()];
    let mut at = 0;
    while at < all.len() {
        let (format, coding) = (FORMATS[at / CODINGS.len()].1, CODINGS[at % CODINGS.len()]);
        all[at] = Packed { format, coding };
        at += 1;
    }
    all
};

/// The codec of this format.
pub fn named(format: &str) -> Option<&'static dyn Codec> {
    FORMATS.iter().find(|(known, _)| *known == format).map(|(_, codec)| *codec)
}

/// The codec of this format that packs so.
pub fn packed(format: &str, coding: Coding) -> Option<&'static dyn Codec> {
    let plain = named(format)?;
    let is_it = |codec: &&Packed| codec.format == plain && codec.coding == coding;
    let packed = PACKED.iter().find(is_it).map(|codec| codec as &dyn Codec);
    packed.or((coding.packing == Packing::None).then_some(plain))
}

/// All codecs.
pub fn all() -> impl Iterator<Item = &'static dyn Codec> {
    FORMATS.iter().map(|(_, codec)| *codec).chain(PACKED.iter().map(|codec| codec as &dyn Codec))
}

impl Default for &'static dyn Codec {
    fn default() -> &'static dyn Codec {
        DEFAULT
    }
}
