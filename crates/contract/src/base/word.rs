//! Values that scenario files write as one word.

/// A type with a few values. Scenario files write each value as one word. Only the macro
/// `in_words!` beside the type contains these words.
pub trait Word: Copy + 'static {
    /// Every word, in the order in which messages list them.
    const WORDS: &'static [&'static str];
    /// The values, in the order of the words.
    const VALUES: &'static [Self];
    /// The word of this value; empty if files cannot name it.
    fn word(self) -> &'static str;
    /// The value of a word.
    fn of_word(word: &str) -> Option<Self> {
        let position = Self::WORDS.iter().position(|known| *known == word)?;
        Some(Self::VALUES[position])
    }
}

/// Gives each value of an enum its word; `but` names one value that files cannot name.
#[macro_export]
#[doc(hidden)]
macro_rules! in_words {
    ($of:ident { $($value:ident: $word:literal),+ $(,)? } $(but $wordless:ident)?) => {
        impl $crate::base::Word for $of {
            const WORDS: &'static [&'static str] = &[$($word),+];
            const VALUES: &'static [$of] = &[$($of::$value),+];
            fn word(self) -> &'static str {
                match self {
                    $($of::$value => $word,)+
                    $($of::$wordless => "",)?
                }
            }
        }
    };
}
pub use in_words;

/// Defines enums together with the word of each value.
#[macro_export]
#[doc(hidden)]
macro_rules! word_enums {
    (derive $traits:tt $(
        $(#[$of:meta])* $seen:vis enum $name:ident {
            $($(#[$at:meta])* $value:ident: $word:literal),+ $(,)?
        }
    )+) => {$(
        $(#[$of])*
        #[derive $traits]
        $seen enum $name { $($(#[$at])* $value),+ }
        $crate::base::in_words!($name { $($value: $word),+ });
    )+};
    ($($enums:tt)+) => {
        $crate::base::word_enums! { derive (Clone, Copy, Debug, Default, PartialEq, Eq) $($enums)+ }
    };
}
pub use word_enums;

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Answer {
        Yes,
        No,
        Silence,
    }
    in_words!(Answer { No: "no", Yes: "yes" } but Silence);

    #[test]
    fn a_word_reads_back_as_its_value_and_another_as_none() {
        assert_eq!(Answer::WORDS, ["no", "yes"]);
        assert_eq!(
            [Answer::Yes, Answer::No].map(|a| Answer::of_word(a.word())),
            [Some(Answer::Yes), Some(Answer::No)]
        );
        assert_eq!(["", "Yes", Answer::Silence.word()].map(Answer::of_word), [None; 3]);
    }
}
