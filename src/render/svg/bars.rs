//! A bar chart: variants side by side, or a histogram of waits.

use super::frame::{LETTERS, Size, Svg};
use super::ink::{Anchor, Ink, cut, width};
use super::style::LOOKS;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bars {
    pub title: String,
    pub about: String,
    /// Groups of bars that are compared, each with its title.
    pub groups: Vec<(String, Vec<Bar>)>,
    /// True if all bars of a group show the same thing. Then they have one colour.
    pub alike: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    pub name: String,
    /// The length of the bar, relative to other bars of its group.
    pub value: u64,
    /// The value as text.
    pub told: String,
}

const ROW: f64 = 19.0;
const HEAD: f64 = 22.0;
const GAP: f64 = 12.0;

impl Bars {
    pub fn draw(&self, size: Size) -> Svg {
        let bars = || self.groups.iter().flat_map(|(_, bars)| bars);
        let widest = |text: fn(&Bar) -> &str| bars().map(|bar| width(text(bar), LETTERS)).fold(0.0, f64::max);
        let left = (widest(|bar| &bar.name) + 12.0).min(size.pick(200.0, 120.0));
        let room = (size.width() - left - widest(|bar| &bar.told) - 14.0).max(20.0);
        let (mut ink, mut y) = (Ink::default(), 4.0);
        for (head, bars) in &self.groups {
            ink.text("b", (2.0, y + 12.0), Anchor::Start, head);
            y += HEAD;
            let most = bars.iter().map(|bar| bar.value).max().unwrap_or(0).max(1) as f64;
            for (i, bar) in bars.iter().enumerate() {
                let long = (room * bar.value as f64 / most).max(1.0);
                ink.text("s", (2.0, y + 12.0), Anchor::Start, &cut(&bar.name, LETTERS, left - 10.0));
                let class = format!("flat c{}", if self.alike { 0 } else { i % LOOKS });
                ink.rect(&class, (left, y + 2.0), (long, ROW - 6.0), None);
                ink.text("", (left + long + 6.0, y + 12.0), Anchor::Start, &bar.told);
                y += ROW;
            }
            y += GAP;
        }
        Svg::new(size, y, &self.title, &self.about, ink)
    }
}
