//! The keys of random faults in a scenario file, and the code that reads them.

use crate::base::{Ppm, Span};
use crate::config::form::{Form, SPAN, key, table};
use crate::config::view::{View, read};
use crate::setup::{Chaos, Lengths};

trait Written {
    const FORM: Form;
}

impl Written for Span {
    const FORM: Form = SPAN;
}

impl Written for Ppm {
    const FORM: Form = Form::Share;
}

impl Written for Lengths {
    const FORM: Form = Form::word::<Lengths>();
}

macro_rules! chaos {
    ($($name:ident: $kind:ident = $preset:literal, $about:literal;)*) => {
        pub(super) const CHAOS: Form =
            table(&[$(key(stringify!($name), <$kind as Written>::FORM, $preset).about($about)),*]);

        pub(super) fn chaos(view: View<'_>) -> Chaos {
            read!(view, Chaos { $($name)* })
        }
    };
}
crate::kinds_of_trouble!(chaos);
