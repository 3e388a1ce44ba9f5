//! The codecs that there are.

use std::marker::PhantomData;

use super::cbor::Cbor;
use super::codec::Codec;
use super::coding::{BytesCount, Coding, Packing, Packs};
use super::format::Format;
use super::json::Json;
use super::mapped::Mapped;
use super::protobuf::Protobuf;
use super::xml::Xml;
use crate::base::Word as _;

/// Formats by their names in scenario files.
const FORMATS: &[(&str, &dyn Format)] = &[
    ("json", &Mapped::<Json<false>>(PhantomData)),
    ("json-objects", &Mapped::<Json<true>>(PhantomData)),
    ("xml", &Xml),
    ("cbor", &Mapped::<Cbor>(PhantomData)),
    ("protobuf", &Protobuf),
];

/// The one that is spoken where nothing else is said.
pub const DEFAULT: Codec = Codec::plain(FORMATS[0].1);

pub const NAMES: &[&str] = &{
    let mut names = [""; FORMATS.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = FORMATS[at].0;
        at += 1;
    }
    names
};

pub fn named(format: &str) -> Option<Codec> {
    FORMATS.iter().find(|(known, _)| *known == format).map(|(_, format)| Codec::plain(*format))
}

/// The codec of this format that packs so.
pub fn packed(format: &str, coding: Coding) -> Option<Codec> {
    Some(named(format)?.packed(coding))
}

/// Each format, and each in each way to pack.
pub fn all() -> impl Iterator<Item = Codec> {
    let plain = || FORMATS.iter().map(|(_, format)| Codec::plain(*format));
    let mut codings = Vec::new();
    for packing in [Packing::Gzip, Packing::Zstd] {
        for &packs in Packs::VALUES {
            codings.extend(BytesCount::VALUES.iter().map(|&counts| Coding { packing, packs, counts }));
        }
    }
    let in_each_way = move |codec: Codec| codings.clone().into_iter().map(move |coding| codec.packed(coding));
    plain().chain(plain().flat_map(in_each_way))
}

impl Default for Codec {
    fn default() -> Codec {
        DEFAULT
    }
}
