//! The codecs that there are.

use super::codec::Codec;
use super::json::Json;

/// By their names in scenario files.
const CODECS: &[(&str, &dyn Codec)] = &[("json", &Json)];

/// The one that is spoken where nothing else is said.
pub const DEFAULT: &dyn Codec = CODECS[0].1;

/// Their names.
pub const NAMES: &[&str] = &{
    let mut names = [""; CODECS.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = CODECS[at].0;
        at += 1;
    }
    names
};

/// The codec of this name.
pub fn named(name: &str) -> Option<&'static dyn Codec> {
    CODECS.iter().find(|(known, _)| *known == name).map(|(_, codec)| *codec)
}

impl Default for &'static dyn Codec {
    fn default() -> &'static dyn Codec {
        DEFAULT
    }
}
