//! What stands behind a column type: which shares of the rows hold nothing there, or the empty
//! text.

use crate::base::Ppm;

/// Shares of the rows; `None` of what no row may hold, or holds but by chance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shares {
    /// Those with null.
    pub(super) null: Option<Ppm>,
    /// Those with the empty text.
    pub(super) empty: Option<Ppm>,
}

/// A column type without its words on nulls and empty texts, and those; `None` where a share is
/// none, or is said twice.
pub(super) fn without_shares(text: &str) -> Option<(&str, Shares)> {
    let (mut text, mut shares) = (text.trim(), Shares::default());
    loop {
        let found = [" null", " empty"].into_iter().filter_map(|word| {
            let (of, share) = text.rsplit_once(word)?;
            (share.is_empty() || share.starts_with(' ')).then_some((of, word, share))
        });
        let Some((of, word, share)) = found.max_by_key(|(of, ..)| of.len()) else {
            return Some((text, shares));
        };
        let percent: f64 = share.trim().strip_suffix('%')?.parse().ok()?;
        let place = if word == " null" { &mut shares.null } else { &mut shares.empty };
        if place.replace(Ppm::from_share(percent / 100.0)?).is_some() {
            return None;
        }
        text = of.trim_end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_stand_behind_a_type_in_either_order() {
        let mut told = String::new();
        for text in [
            "text 10..40 null 10%",
            "text null 1% empty 2%",
            "text empty 2%  null 1%",
            "ref folder null 0%",
            "one of a|b null 2.5%",
            "long-text 1kB..2kB 1% 3kB  null 7%",
            "one of a|nullable",
            "text null",
            "text null 1% null 2%",
            "text empty 101%",
            "text null 1% empty",
        ] {
            told += &format!("{text}: {:?}\n", without_shares(text));
        }
        insta::assert_snapshot!(told);
    }
}
