//! Unicode normalization: different encodings of the same text.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The text with its accents composed (Unicode Normalization Form C).
pub fn composed(text: &str) -> Cow<'_, str> {
    // All letters below U+0300, the first combining accent (first byte 0xCC), are in form C.
    if text.bytes().all(|byte| byte < 0xcc) || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.nfc().collect())
}

/// The text with its accents as separate characters (form D).
pub fn decomposed(text: &str) -> String {
    text.nfd().collect()
}

/// The text with compatibility characters replaced (form KC): `½` becomes `1⁄2`.
pub fn compatible(text: &str) -> String {
    text.nfkc().collect()
}

/// Whether two texts are equal after composing their accents.
pub fn is_same_text(a: &str, b: &str) -> bool {
    a == b || !(a.is_ascii() && b.is_ascii()) && composed(a) == composed(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_mean_the_same_whose_accents_are_composed_or_apart() {
        let (whole, apart) = ("Zo\u{eb}", "Zoe\u{308}");
        assert_eq!((&*composed(apart), &*decomposed(whole)), (whole, apart));
        assert!(is_same_text(whole, apart) && is_same_text("Zoe", "Zoe"));
        for (a, b) in [("Zoe", "Zo\u{eb}"), ("½", "1⁄2"), ("ﬁ", "fi"), ("a", "A")] {
            assert!(!is_same_text(a, b), "{a} and {b}");
        }
        for code in 0..0x300 {
            let letter = char::from_u32(code).expect("no surrogate").to_string();
            assert_eq!(letter.nfc().collect::<String>(), letter);
        }
        assert_eq!(compatible("½ﬁ"), "1⁄2fi");
    }
}
