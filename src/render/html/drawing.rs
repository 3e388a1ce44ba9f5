//! Puts a plot on the page, drawn once for a wide screen and once for a phone.

use maud::{Markup, PreEscaped, html};

use crate::render::svg::{Size, Svg};

/// The wide and the narrow drawing of a plot. The page shows the one that fits its width.
pub(super) fn wide_and_narrow([wide, narrow]: &[Svg; 2]) -> Markup {
    html! {
        div.wide { (PreEscaped(wide.inline())) }
        div.narrow { (PreEscaped(narrow.inline())) }
    }
}

pub(super) fn figure(draw: impl Fn(Size) -> Svg, reading: &str, data: &str) -> Markup {
    let drawn = Size::BOTH.map(draw);
    html! {
        figure {
            h3 { (drawn[0].title) }
            (wide_and_narrow(&drawn))
            figcaption { (reading) }
            details { summary { "The data" } (PreEscaped(data)) }
        }
    }
}

/// The note that only the first `most` of `all` items are drawn; empty if all are drawn.
pub(super) fn first_of(most: usize, all: usize, what: &str) -> Markup {
    html! {
        @if all > most { p.note { "The first " (most) " of " (all) " " (what) " are drawn; the table has all." } }
    }
}
