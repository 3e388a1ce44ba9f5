//! Short texts of many scripts.

use crate::base::Stream;

/// Words with their accents composed with the letters, and apart (NFC and NFD): European names,
/// Greek, Cyrillic, Han and Hangul; then signs that only look like others, and such as take four
/// bytes.
const WORDS: [(&str, &str); 40] = [
    ("Åse", "A\u{30a}se"),
    ("Ærø", "Ærø"),
    ("Björn", "Bjo\u{308}rn"),
    ("Ćwik", "C\u{301}wik"),
    ("Đặng", "Đa\u{323}\u{306}ng"),
    ("Élise", "E\u{301}lise"),
    ("François", "Franc\u{327}ois"),
    ("Günther", "Gu\u{308}nther"),
    ("Héloïse", "He\u{301}loi\u{308}se"),
    ("Ítalo", "I\u{301}talo"),
    ("João", "Joa\u{303}o"),
    ("Kōbe", "Ko\u{304}be"),
    ("Łódź", "Ło\u{301}dz\u{301}"),
    ("Müller", "Mu\u{308}ller"),
    ("Ñuñez", "N\u{303}un\u{303}ez"),
    ("Österåker", "O\u{308}stera\u{30a}ker"),
    ("Příbram", "Pr\u{30c}i\u{301}bram"),
    ("Quảng", "Qua\u{309}ng"),
    ("Rēzekne", "Re\u{304}zekne"),
    ("Şişli", "S\u{327}is\u{327}li"),
    ("Tiếng", "Tie\u{302}\u{301}ng"),
    ("Ústí", "U\u{301}sti\u{301}"),
    ("Västra", "Va\u{308}stra"),
    ("Würth", "Wu\u{308}rth"),
    ("Yáñez", "Ya\u{301}n\u{303}ez"),
    ("Żółw", "Z\u{307}o\u{301}łw"),
    ("Ελένη", "Ελε\u{301}νη"),
    ("Μαΐου", "Μαι\u{308}\u{301}ου"),
    ("Борис", "Борис"),
    ("Йошкар", "И\u{306}ошкар"),
    ("東京", "東京"),
    ("각하", "\u{1100}\u{1161}\u{11a8}\u{1112}\u{1161}"),
    ("ﬁnca", "ﬁnca"),
    ("№7", "№7"),
    ("½", "½"),
    ("5µg", "5µg"),
    ("🦊", "🦊"),
    ("𝄞", "𝄞"),
    ("x²", "x²"),
    ("ﬂuor", "ﬂuor"),
];

/// Words in one form up to `len` bytes in all, then dots; `text` may hold a beginning already.
pub(super) fn fill(text: &mut String, stream: &mut Stream, len: usize) {
    let apart = stream.chance(0.5);
    while text.len() < len {
        if !text.is_empty() {
            text.push(' ');
        }
        let (composed, decomposed) = *stream.pick(&WORDS);
        let word = if apart { decomposed } else { composed };
        if text.len() + word.len() > len {
            break;
        }
        text.push_str(word);
    }
    while text.len() < len {
        text.push('.');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;

    #[test]
    fn a_text_of_many_scripts_is_as_long_as_asked() {
        let mut stream = Seed(1).stream("words", 0, 0);
        let (mut composed, mut apart) = (0, 0);
        for len in 0..200 {
            let mut text = String::new();
            fill(&mut text, &mut stream, len);
            assert_eq!(text.len(), len);
            let marked = text.contains(['\u{301}', '\u{308}', '\u{303}']);
            (composed, apart) = (composed + u32::from(!marked), apart + u32::from(marked));
        }
        assert!(composed > 50 && apart > 50, "{composed} composed, {apart} apart");
    }
}
