//! A plot on the page, drawn for a wide screen and for a phone.

use maud::{Markup, PreEscaped, html};

use crate::render::svg::{Size, Svg};

/// A plot for a desk and the same for a phone, of which the page shows one.
pub(super) fn drawn_twice(draw: impl Fn(Size) -> Svg) -> Markup {
    html! {
        div.wide { (PreEscaped(draw(Size::Wide).inline())) }
        div.narrow { (PreEscaped(draw(Size::Narrow).inline())) }
    }
}

pub(super) fn figure(title: &str, draw: impl Fn(Size) -> Svg, reading: &str, data: &str) -> Markup {
    html! {
        figure {
            h3 { (title) }
            (drawn_twice(draw))
            figcaption { (reading) }
            details { summary { "The data" } (PreEscaped(data)) }
        }
    }
}
