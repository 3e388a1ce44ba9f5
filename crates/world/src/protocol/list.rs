//! The list of codecs.

use std::marker::PhantomData;

use super::cbor::Cbor;
use super::codec::Codec;
use super::coding::{BytesCount, Coding, Packing, Packs};
use super::format::{Facts, Format};
use super::json::Json;
use super::mapped::{Mapped, Notation};
use super::marked::Marked as _;
use super::protobuf::Protobuf;
use super::xml::Xml;
use crate::base::Word as _;

const FORMATS: &[(Facts, &dyn Format)] = &[
    mapped::<Json<false>>(),
    mapped::<Json<true>>(),
    (Xml::FACTS, &Xml),
    mapped::<Cbor>(),
    (Protobuf::FACTS, &Protobuf),
];

const fn mapped<N: Notation + 'static>() -> (Facts, &'static dyn Format) {
    (N::FACTS, &Mapped::<N>(PhantomData))
}

/// The default codec.
pub const DEFAULT: Codec = Codec::plain(FORMATS[0].1);

/// The names of the formats in scenario files, then the word for all of them.
const WORDS: [&str; FORMATS.len() + 1] = {
    let mut words = [ANY; FORMATS.len() + 1];
    let mut at = 0;
    while at < FORMATS.len() {
        words[at] = FORMATS[at].0.name;
        at += 1;
    }
    words
};
/// The word for all formats in scenario files.
pub const ANY: &str = "*";
/// The names of all formats, and the word for all of them.
pub const NAMES_OR_ANY: &[&str] = &WORDS;
/// The names of all formats.
pub const NAMES: &[&str] = WORDS.split_at(FORMATS.len()).0;

/// The name and the description of each format.
pub fn explained() -> impl Iterator<Item = (&'static str, &'static str)> {
    FORMATS.iter().map(|(facts, _)| (facts.name, facts.about))
}

/// The uncompressed codec of this format; `None` for an unknown format.
pub fn named(format: &str) -> Option<Codec> {
    FORMATS.iter().find(|(known, _)| known.name == format).map(|(_, format)| Codec::plain(*format))
}

/// The codec of this format and coding; `None` for an unknown format.
pub fn packed(format: &str, coding: Coding) -> Option<Codec> {
    Some(named(format)?.packed(coding))
}

/// All codecs: each format without compression and with each coding.
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
