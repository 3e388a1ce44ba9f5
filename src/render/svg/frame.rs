//! The frame of a plot and its two axes.

use super::ink::{Anchor, Ink, px, width};
use super::scale::{Scale, labels_that_fit, noun};
use super::style;
use crate::metrics::Unit;
use crate::render::escaped;

/// The screen for which a plot is drawn. Letters have the same size on both screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// 640 pixels wide, for a desktop page or paper.
    Wide,
    /// 340 pixels wide, for a phone.
    Narrow,
}

impl Size {
    pub const BOTH: [Size; 2] = [Size::Wide, Size::Narrow];

    pub(super) fn width(self) -> f64 {
        self.pick(640.0, 340.0)
    }
    /// The height of a plot without the parts below its axis, in pixels.
    pub(super) fn height(self) -> f64 {
        self.pick(250.0, 210.0)
    }
    pub(super) fn pick<T>(self, wide: T, narrow: T) -> T {
        match self {
            Size::Wide => wide,
            Size::Narrow => narrow,
        }
    }
}

pub(super) const LETTERS: f64 = 12.0;
pub(super) const SMALL: f64 = 11.0;

#[derive(Clone, Debug, PartialEq)]
pub struct Svg {
    size: Size,
    height: f64,
    pub(in crate::render) title: String,
    about: String,
    body: String,
}

impl Svg {
    pub(super) fn new(size: Size, height: f64, title: &str, about: &str, ink: Ink) -> Svg {
        Svg { size, height, title: title.to_owned(), about: about.to_owned(), body: ink.text }
    }
    /// The plot as an element of a page. The page must contain [`style::CSS`].
    pub fn inline(&self) -> String {
        self.element("", "")
    }
    /// The plot as a file of its own, for light and dark screens.
    pub fn standalone(&self) -> String {
        let style = format!("<style>{}svg{{background:var(--paper)}}</style>\n", style::CSS);
        self.element(" xmlns=\"http://www.w3.org/2000/svg\"", &style)
    }
    fn element(&self, space: &str, style: &str) -> String {
        format!(
            "<svg{space} class=\"plot\" role=\"img\" viewBox=\"0 0 {} {}\">\n\
             <title>{}</title>\n<desc>{}</desc>\n{style}{}</svg>\n",
            px(self.size.width()),
            px(self.height),
            escaped(&self.title),
            escaped(&self.about),
            self.body
        )
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Inside {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

pub(super) fn left_axis(ink: &mut Ink, inside: Inside, scale: Scale, unit: Unit, name: &str, most: usize) {
    for (x, label) in scale.ticks(unit, most) {
        let y = scale.at(x);
        ink.line("rule", (inside.left, y), (inside.right, y));
        ink.text("s m", (inside.left - 6.0, y + 4.0), Anchor::End, &label);
    }
    let noun = noun(unit);
    let name = match (name, noun) {
        (name, "") => name.to_owned(),
        ("", noun) => noun.to_owned(),
        (name, noun) => format!("{name}, {noun}"),
    };
    ink.text("s m", (2.0, inside.top - 12.0), Anchor::Start, &name);
}

pub(super) fn left_axis_width(scale: Scale, unit: Unit, most: usize) -> f64 {
    let widest = scale.ticks(unit, most).iter().map(|(_, label)| width(label, SMALL)).fold(0.0, f64::max);
    widest + 10.0
}

/// Draws the bottom axis with its name and the labels that fit. `first` labels have priority.
pub(super) fn bottom_axis(
    ink: &mut Ink,
    inside: Inside,
    ticks: &[(f64, String)],
    first: &[bool],
    name: &str,
) {
    ink.line("axis", (inside.left, inside.bottom), (inside.right, inside.bottom));
    for (x, _) in ticks {
        ink.line("axis", (*x, inside.bottom), (*x, inside.bottom + 4.0));
    }
    for (x, label) in labels_that_fit(ticks, first, SMALL, 6.0) {
        ink.text("s m", (x, inside.bottom + 17.0), Anchor::Middle, &label);
    }
    ink.text("s m", (inside.right, inside.bottom + 32.0), Anchor::End, name);
}
