//! Short texts.

use super::scripts;
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

/// Words of `min` to `max` bytes in all, cut there; `text` may hold a beginning already.
pub(super) fn fill(text: &mut String, stream: &mut Stream, min: u32, max: u32, letters: Letters) {
    let span = u64::from(max.saturating_sub(min)) + 1;
    let len = min as usize + stream.below(span) as usize;
    if letters == Letters::Many {
        return scripts::fill(text, stream, len);
    }
    text.reserve(len + 8);
    let mut bits = 0;
    while text.len() < len {
        if !text.is_empty() {
            text.push(' ');
        }
        // Ten words of six bits, below a bit that tells the end.
        if bits <= 1 {
            bits = stream.next_u64() >> 4 | 1 << 60;
        }
        text.push_str(WORDS[(bits % 64) as usize]);
        bits >>= 6;
    }
    text.truncate(len);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;

    #[test]
    fn a_text_has_a_length_between_its_bounds() {
        let mut stream = Seed(1).stream("words", 0, 0);
        let mut lengths = [false; 41];
        for _ in 0..2_000 {
            let mut text = String::new();
            fill(&mut text, &mut stream, 12, 40, Letters::Plain);
            lengths[text.len()] = true;
        }
        assert!(lengths[..12].iter().all(|seen| !seen) && lengths[12..].iter().all(|seen| *seen));
    }
}
