//! Makes texts that compress as well as text that people write.
//!
//! There are 4,096 words. The n-th word is n times as rare as the first (Zipf's law). The 64 words
//! of [`words`](super::words) are equally frequent, so texts of them compress better than real
//! text.

use crate::base::Stream;

/// The most frequent words of English, in order of their frequency.
const SHORT: [&str; 64] = [
    "the", "of", "and", "to", "a", "in", "is", "that", "for", "it", "was", "on", "with", "as", "be", "at",
    "by", "not", "this", "are", "or", "from", "have", "an", "which", "one", "had", "but", "all", "were",
    "they", "her", "his", "there", "been", "if", "more", "when", "will", "no", "would", "who", "so", "can",
    "what", "up", "out", "about", "into", "than", "them", "then", "some", "time", "two", "may", "could",
    "only", "new", "other", "after", "first", "any", "our",
];
const BEGINS: [&str; 16] =
    ["re", "con", "in", "pro", "de", "st", "tr", "com", "un", "per", "cl", "pl", "s", "m", "b", "w"];
const MIDDLES: [&str; 16] =
    ["a", "e", "i", "o", "or", "er", "an", "ect", "ar", "ou", "ain", "on", "ea", "el", "is", "ul"];
const ENDS: [&str; 16] =
    ["t", "ed", "ing", "s", "ion", "ly", "er", "al", "ment", "d", "ity", "es", "ck", "nt", "ve", "n"];
const BITS: u64 = 12;

pub(super) fn text(stream: &mut Stream, min: u32, max: u32) -> String {
    let span = u64::from(max.saturating_sub(min)) + 1;
    let len = min as usize + stream.below(span) as usize;
    let mut text = String::with_capacity(len + 16);
    let mut begins = true;
    while text.len() < len {
        if !text.is_empty() {
            text.push(' ');
        }
        let at = text.len();
        word(stream, &mut text);
        if std::mem::take(&mut begins) {
            text[at..=at].make_ascii_uppercase();
        }
        match stream.below(16) {
            0 => {
                text.push('.');
                begins = true;
            }
            1 => text.push(','),
            _ => {}
        }
    }
    text.truncate(len);
    text
}

/// Appends a word. The number of bits in the word's number is uniform, which approximates Zipf's
/// law in steps.
fn word(stream: &mut Stream, text: &mut String) {
    let bits = stream.below(BITS);
    let number = (1 << bits | stream.next_u64() >> 1 & ((1 << bits) - 1)) as usize - 1;
    match SHORT.get(number) {
        Some(short) => text.push_str(short),
        None => {
            // Each number below 4,096 gets its own combination of parts. The order of the
            // combinations does not matter.
            let mixed = number.wrapping_mul(0x9e5) & 0xfff;
            for (part, parts) in [BEGINS, MIDDLES, ENDS].iter().enumerate() {
                text.push_str(parts[mixed >> (4 * part) & 15]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::base::Seed;
    use crate::workload::Letters;
    use crate::workload::data::words;

    /// Pages of this project's documentation without their tables, as samples of text that people
    /// wrote.
    const REAL: [&str; 5] = [
        include_str!("../../../../../docs/accuracy.md"),
        include_str!("../../../../../docs/conflicts.md"),
        include_str!("../../../../../docs/reading-reports.md"),
        include_str!("../../../../../docs/tuning.md"),
        include_str!("../../../../../ARCHITECTURE.md"),
    ];

    fn gzip(text: &str) -> f64 {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
        out.write_all(text.as_bytes()).unwrap();
        text.len() as f64 / out.finish().unwrap().len() as f64
    }
    fn zstd(text: &str) -> f64 {
        text.len() as f64 / zstd::bulk::compress(text.as_bytes(), 1).unwrap().len() as f64
    }

    fn real(bytes: usize) -> String {
        let all = REAL.iter().flat_map(|page| page.lines());
        let prose = all.filter(|line| !line.starts_with('|') && !line.trim().is_empty());
        let mut text: String = prose.collect::<Vec<_>>().join(" ");
        assert!(text.len() > bytes, "{} bytes of prose", text.len());
        while !text.is_char_boundary(bytes) {
            text.pop();
        }
        text.truncate(bytes);
        text
    }

    fn made(bytes: usize, make: fn(&mut Stream) -> String) -> String {
        let mut stream = Seed(1).stream("prose", 0, 0);
        let mut text = String::new();
        while text.len() < bytes {
            text.push_str(&make(&mut stream));
        }
        text.truncate(bytes);
        text
    }

    #[test]
    fn prose_packs_like_real_prose_and_plain_words_do_not() {
        for bytes in [4_000, 16_000, 36_000] {
            let real = real(bytes);
            let prose = made(bytes, |stream| text(stream, 100, 400));
            let plain = made(bytes, |stream| {
                let mut text = String::new();
                words::fill(&mut text, stream, 100, 400, Letters::Plain);
                text
            });
            for (name, packed) in [("gzip", gzip as fn(&str) -> f64), ("zstd", zstd)] {
                let [real, prose, plain] = [&real, &prose, &plain].map(|text| packed(text));
                assert!((prose / real - 1.0).abs() < 0.15, "{name} {bytes}: {prose:.2} for {real:.2}");
                assert!(plain / real > 1.15, "{name} {bytes}: {plain:.2} for {real:.2}");
            }
        }
    }
}
