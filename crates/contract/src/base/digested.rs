//! How values enter a digest (a hash of the events). Each type has its rule beside its definition.

use super::digest::Digest;
use super::ids::{DeviceId, EditId, EntityId, Key, UnitId};
use super::time::{Span, Stamp, Time};
use super::value::Value;

/// A value that can enter a digest.
pub trait Digestible {
    /// Adds everything that distinguishes this value from other values of its type.
    fn digest(&self, digest: &mut Digest);
}

/// Defines enums whose values enter a digest: first the variant's number, if it has one, then its
/// fields in order. Fields after a semicolon are left out, because they are redundant, are only
/// wording, or do not affect the run.
///
/// A variant keeps its number forever, because a new number changes all digests. Numbers are unique
/// within an enum.
macro_rules! digested {
    ($(
        $(#[$of:meta])*
        $seen:vis enum $name:ident $(<$life:lifetime>)? {$(
            $(#[$at:meta])*
            $($number:literal)? $variant:ident
            $({
                $($(#[$field_doc:meta])* $field:ident: $type:ty),*
                $(; $($(#[$left_doc:meta])* $left:ident: $left_type:ty),+)?
                $(,)?
            })?
            $(( $($value:ident: $value_type:ty)? $(; $left_value:ty)? ))?
        ),+ $(,)?}
    )+) => {$(
        $(#[$of])*
        $seen enum $name $(<$life>)? {$(
            $(#[$at])*
            $variant
            $({
                $($(#[$field_doc])* $field: $type,)*
                $($($(#[$left_doc])* $left: $left_type,)+)?
            })?
            $(( $($value_type)? $($left_value)? ))?,
        )+}

        const _: () = {
            /// With this enum, the compiler refuses a number that is used twice.
            #[allow(dead_code)]
            enum Numbers { $($($variant = $number,)?)+ }
        };

        impl $(<$life>)? $crate::base::Digestible for $name $(<$life>)? {
            fn digest(&self, digest: &mut $crate::base::Digest) {
                match self {$(
                    $name::$variant $({ $($field,)* .. })? $(( $($value,)? .. ))? => {
                        $(digest.number($number);)?
                        $($($crate::base::Digestible::digest($field, digest);)*)?
                        $($($crate::base::Digestible::digest($value, digest);)?)?
                    }
                )+}
            }
        }
    )+};
}
pub(crate) use digested;

/// Makes values enter a digest as one number.
macro_rules! digested_as {
    ($($what:ty: $it:ident => $number:expr,)*) => {$(
        impl $crate::base::Digestible for $what {
            #[inline]
            fn digest(&self, digest: &mut $crate::base::Digest) {
                let $it = self;
                digest.number($number);
            }
        }
    )*};
}

/// Makes enums without fields enter a digest by their position. Add new variants at the end.
macro_rules! digested_by_place {
    ($($kind:ty),*) => { $crate::base::digested_as! { $($kind: it => *it as u64,)* } };
}
pub(crate) use {digested_as, digested_by_place};

digested_as! {
    bool: it => u64::from(*it),
    u32: it => u64::from(*it),
    u64: it => *it,
    usize: it => *it as u64,
    Time: it => it.0,
    Span: it => it.0,
    Stamp: it => it.0 as u64,
    DeviceId: it => u64::from(it.0),
    EntityId: it => u64::from(it.0),
    UnitId: it => u64::from(it.0),
    // Both numbers have 32 bits.
    EditId: it => u64::from(it.device.0) << 32 | u64::from(it.number),
}

impl<T: Digestible + ?Sized> Digestible for &T {
    #[inline]
    fn digest(&self, digest: &mut Digest) {
        (**self).digest(digest);
    }
}

impl<T: Digestible> Digestible for Option<T> {
    fn digest(&self, digest: &mut Digest) {
        digest.number(self.is_some().into());
        if let Some(it) = self {
            it.digest(digest);
        }
    }
}

impl<T: Digestible> Digestible for [T] {
    fn digest(&self, digest: &mut Digest) {
        digest.number(self.len() as u64);
        self.iter().for_each(|it| it.digest(digest));
    }
}

impl<A: Digestible, B: Digestible> Digestible for (A, B) {
    fn digest(&self, digest: &mut Digest) {
        self.0.digest(digest);
        self.1.digest(digest);
    }
}

impl Digestible for str {
    fn digest(&self, digest: &mut Digest) {
        digest.text(self);
    }
}

impl Digestible for Key {
    fn digest(&self, digest: &mut Digest) {
        digest.text(self.as_str());
    }
}

/// A long text enters by its seed and length. Hashing its bytes would cost more than the whole
/// event.
impl Digestible for Value {
    fn digest(&self, digest: &mut Digest) {
        match self {
            // [`Digest::value`] uses the numbers 0 to 3.
            Value::Fat(fat) => digest.numbers([4, fat.seed, fat.len.into()]),
            other => other.with_ref(|value| digest.value(value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    digested! {
        #[expect(dead_code, reason = "a digest leaves it out")]
        enum Told<'a> {
            7 Both { bytes: u64, up: bool; key: &'a str },
            8 One(n: u32),
            9 Words(; String),
            10 Nothing,
            Bare { ; key: &'a str },
            Inner(of: Kept),
        }
        enum Kept {
            3 Only,
        }
    }

    fn written(numbers: &[u64]) -> String {
        let mut digest = Digest::new();
        numbers.iter().for_each(|n| digest.number(*n));
        digest.hex()
    }

    #[test]
    fn an_enum_enters_by_number_and_fields_up_to_the_semicolon() {
        for (told, numbers) in [
            (Told::Both { bytes: 5, up: true, key: "a" }, &[7, 5, 1][..]),
            (Told::Both { bytes: 5, up: true, key: "b" }, &[7, 5, 1]),
            (Told::One(4), &[8, 4]),
            (Told::Words("a".to_owned()), &[9]),
            (Told::Nothing, &[10]),
            (Told::Bare { key: "a" }, &[]),
            (Told::Inner(Kept::Only), &[3]),
        ] {
            let mut digest = Digest::new();
            told.digest(&mut digest);
            assert_eq!(digest.hex(), written(numbers));
        }
    }
}
