//! Short texts: plain words, and words of many scripts.

use unicode_normalization::UnicodeNormalization as _;

use crate::base::Stream;
use crate::workload::Letters;

const WORDS: [&str; 64] = [
    "alder", "amber", "april", "arbor", "ashen", "basin", "birch", "blue", "brook", "cedar", "chalk",
    "clear", "cliff", "cloud", "coast", "coral", "crest", "dale", "dawn", "delta", "drift", "dune", "ebony",
    "elm", "ember", "fern", "field", "fjord", "flint", "ford", "frost", "glade", "glen", "grove", "hazel",
    "heath", "heron", "hill", "holly", "iris", "ivory", "ivy", "jade", "juniper", "lake", "larch", "leaf",
    "linden", "loam", "maple", "marsh", "meadow", "mist", "moss", "north", "oak", "ocean", "olive", "pearl",
    "pine", "quartz", "reed", "river", "slate",
];

/// Appends words until `text` has a length between `min` and `max` bytes, and cuts it there.
pub(super) fn fill(text: &mut String, stream: &mut Stream, min: u32, max: u32, letters: Letters) {
    let span = u64::from(max.saturating_sub(min)) + 1;
    let len = min as usize + stream.below(span) as usize;
    if letters == Letters::Many {
        return fill_with_scripts(text, stream, len);
    }
    text.reserve(len + 8);
    let mut bits = 0;
    while text.len() < len {
        if !text.is_empty() {
            text.push(' ');
        }
        // One draw has 10 words of 6 bits each. The bit above them marks the end.
        if bits <= 1 {
            bits = stream.next_u64() >> 4 | 1 << 60;
        }
        text.push_str(WORDS[(bits % 64) as usize]);
        bits >>= 6;
    }
    text.truncate(len);
}

/// European names, Greek, Cyrillic, Han and Hangul. Then characters that look like others, and
/// characters of 4 bytes.
const SCRIPTS: &str = "Åse Ærø Björn Ćwik Đặng Élise François Günther Héloïse Ítalo João Kōbe Łódź \
     Müller Ñuñez Österåker Příbram Quảng Rēzekne Şişli Tiếng Ústí Västra Würth Yáñez Żółw Ελένη \
     Μαΐου Борис Йошкар 東京 각하 ﬁnca №7 ½ 5µg 🦊 𝄞 x² ﬂuor";

/// Appends words until `text` has at most `len` bytes, then dots. `text` may already have a
/// beginning. Half of the texts have composed accents (NFC), the others have separate accents
/// (NFD).
fn fill_with_scripts(text: &mut String, stream: &mut Stream, len: usize) {
    let words: Vec<&str> = SCRIPTS.split(' ').collect();
    let apart = stream.chance(0.5);
    while text.len() < len {
        if !text.is_empty() {
            text.push(' ');
        }
        let composed = *stream.pick(&words);
        let word: String = if apart { composed.nfd().collect() } else { composed.to_owned() };
        if text.len() + word.len() > len {
            break;
        }
        text.push_str(&word);
    }
    text.extend(std::iter::repeat_n('.', len.saturating_sub(text.len())));
}
