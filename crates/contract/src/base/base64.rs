//! Base64 as in RFC 4648, with padding.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

/// Decoding ignores the unused bits of the last letter.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
const ENGINE: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);

/// The letter at position `i` stands for the 6 bits of `i`.
pub(crate) const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Encodes bytes as base64.
pub fn to_base64(bytes: &[u8]) -> String {
    ENGINE.encode(bytes)
}

/// Decodes base64; `None` if the text is not base64 with padding.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    ENGINE.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_its_padding_is_none_and_bits_left_over_say_nothing() {
        assert_eq!(to_base64(b"foob"), "Zm9vYg==");
        assert_eq!(from_base64("Zm9vYh==").as_deref(), Some(&b"foob"[..]));
        for bad in ["Z", "Zg=", "Zg", "Z===", "====", "Zm9v!mFy", "Zg==Zg=="] {
            assert_eq!(from_base64(bad), None, "{bad}");
        }
    }
}
