//! Short texts of many scripts.

use unicode_normalization::UnicodeNormalization as _;

use crate::base::Stream;

/// European names, Greek, Cyrillic, Han and Hangul; then signs that only look like others, and
/// signs that take four bytes.
const WORDS: &str = "Åse Ærø Björn Ćwik Đặng Élise François Günther Héloïse Ítalo João Kōbe Łódź \
     Müller Ñuñez Österåker Příbram Quảng Rēzekne Şişli Tiếng Ústí Västra Würth Yáñez Żółw Ελένη \
     Μαΐου Борис Йошкар 東京 각하 ﬁnca №7 ½ 5µg 🦊 𝄞 x² ﬂuor";

/// Appends words up to `len` bytes in all, then dots; `text` may have a beginning already. Half of
/// the texts have composed accents (NFC), the others separate ones (NFD).
pub(super) fn fill(text: &mut String, stream: &mut Stream, len: usize) {
    let words: Vec<&str> = WORDS.split(' ').collect();
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
