//! The codecs that there are.

use std::marker::PhantomData;
use std::sync::LazyLock;

use super::cbor::Cbor;
use super::codec::Codec;
use super::coding::{BytesCount, Coding, Packing, Packs};
use super::json::{Json, Lists, Named};
use super::packed::Packed;
use super::protobuf::Protobuf;
use super::xml::Xml;
use crate::base::Word as _;

/// Formats by their names in scenario files.
const FORMATS: &[(&str, &dyn Codec)] = &[
    ("json", &Json::<Lists>(PhantomData)),
    ("json-objects", &Json::<Named>(PhantomData)),
    ("xml", &Xml),
    ("cbor", &Cbor),
    ("protobuf", &Protobuf),
];

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

/// Each format in each way to pack.
static PACKED: LazyLock<Vec<Packed>> = LazyLock::new(|| {
    let mut all = Vec::new();
    for &(_, format) in FORMATS {
        for packing in [Packing::Gzip, Packing::Zstd] {
            for &packs in Packs::VALUES {
                let coding = |&counts| Coding { packing, packs, counts };
                let codings = BytesCount::VALUES.iter().map(coding);
                all.extend(codings.map(|coding| Packed { format, coding }));
            }
        }
    }
    all
});

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
