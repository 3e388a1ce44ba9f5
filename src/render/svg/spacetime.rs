//! Draws the life of a record (everything that happened to it). Each place has a lane, time goes
//! from top to bottom, and each message is an arrow.

use super::frame::{LETTERS, SMALL, Size, Svg};
use super::ink::{Anchor, Ink, width, wrapped};
use super::style::CROSS;
use crate::analysis::distinct;
use crate::record::StepRecord;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpaceTime {
    pub title: String,
    pub about: String,
    /// Places that have a lane even without events.
    pub lanes: Vec<String>,
    pub moments: Vec<StepRecord>,
    /// The last sentence of the life, if the record was damaged.
    pub ending: Option<String>,
}

const LINE: f64 = 15.0;
const TOP: f64 = 26.0;
const LINES_MAX: usize = 3;

/// At this font size, normal letters are as wide as bold letters of the normal size.
const BOLD: f64 = LETTERS * 1.12;

struct Plan<'a> {
    lanes: Vec<(&'a str, f64)>,
    words: f64,
    /// True if the clock time has its own line above the text.
    together: bool,
    heads: f64,
    /// For each step, its text in lines and the position of its row.
    rows: Vec<(Vec<String>, f64)>,
    bottom: f64,
}

impl SpaceTime {
    pub fn draw(&self, size: Size) -> Svg {
        let plan = self.plan(size);
        let mut ink = Ink::default();
        for (i, (name, x)) in plan.lanes.iter().enumerate() {
            // The names of neighbouring lanes alternate between two rows.
            let y = if i % 2 == 1 { 13.0 + plan.heads - TOP } else { 13.0 };
            ink.text("b", (*x, y), Anchor::Middle, name);
            ink.line("lane", (*x, y + 6.0), (*x, plan.bottom));
        }
        self.arrows(&mut ink, &plan);
        for (moment, (words, y)) in self.moments.iter().zip(&plan.rows) {
            let x = plan.lane(&moment.place);
            ink.shape("dot k", (x, *y), "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0Z");
            let clock = if plan.together { plan.words } else { 2.0 };
            ink.text("s m", (clock, y + 4.0), Anchor::Start, &moment.clock);
            for (i, line) in (usize::from(plan.together)..).zip(words) {
                ink.text("m", (plan.words, y + 4.0 + i as f64 * LINE), Anchor::Start, line);
            }
        }
        let mut height = plan.bottom + 8.0;
        if let Some(ending) = &self.ending {
            for line in wrapped(ending, BOLD, size.width() - 26.0) {
                if height < plan.bottom + 9.0 {
                    ink.shape("x", (8.0, height + 10.0), CROSS);
                }
                ink.text("b alarm", (20.0, height + 14.0), Anchor::Start, &line);
                height += LINE + 1.0;
            }
            height += 8.0;
        }
        Svg::new(size, height, &self.title, &self.about, ink)
    }

    fn plan(&self, size: Size) -> Plan<'_> {
        let clock = self.moments.iter().map(|m| width(&m.clock, SMALL)).fold(0.0, f64::max) + 10.0;
        let mentioned = self.moments.iter();
        let mentioned = mentioned.flat_map(|m| [Some(&m.place), m.to.as_ref(), m.from.as_ref()]).flatten();
        let mut names = distinct(mentioned.chain(&self.lanes).map(String::as_str));
        // Devices are on the left and the backend is on the right.
        names.sort_by_key(|name| {
            ["world", "gateway", "backend"].iter().position(|n| n == name).map_or(0, |i| i + 1)
        });
        let together = size == Size::Narrow || names.len() > 5;
        let (left, apart, heads) = if together { (0.0, 30.0, TOP + 15.0) } else { (clock, 70.0, TOP) };
        // The drawing moves right until the left edge cuts off no name.
        let shift =
            names.iter().zip(0..).map(|(name, i)| width(name, BOLD) / 2.0 + 2.0 - apart * f64::from(i));
        let first = shift.fold(left + apart * 0.6, f64::max);
        let lanes: Vec<(&str, f64)> =
            names.iter().enumerate().map(|(i, n)| (*n, first + apart * i as f64)).collect();
        let words = lanes.last().map_or(clock, |(_, x)| *x) + 16.0;
        let room = size.width() - words - 4.0;
        let mut y = heads + 8.0;
        let mut rows = Vec::new();
        for moment in &self.moments {
            let mut lines = wrapped(&moment.text, SMALL, room);
            if lines.len() > LINES_MAX {
                lines.truncate(LINES_MAX);
                let last = &mut lines[LINES_MAX - 1];
                while width(last, SMALL) + width(" …", SMALL) > room {
                    last.pop();
                }
                last.push_str(" …");
            }
            let at = y;
            y += (lines.len() + usize::from(together)) as f64 * LINE + 9.0;
            rows.push((lines, at));
        }
        Plan { lanes, words, together, heads, rows, bottom: y }
    }

    /// Draws an arrow from each sent message to its arrival. The arrival is the next unused one at
    /// the target that comes from this place. A message that never arrives ends in a cross.
    fn arrows(&self, ink: &mut Ink, plan: &Plan<'_>) {
        let mut arrived = vec![false; self.moments.len()];
        for (i, moment) in self.moments.iter().enumerate() {
            let Some(to) = &moment.to else { continue };
            let belongs = |(j, other): &(usize, &StepRecord)| {
                *j > i && !arrived[*j] && other.place == *to && other.from.as_ref() == Some(&moment.place)
            };
            let found = self.moments.iter().enumerate().find(belongs).map(|(j, _)| j);
            let start = (plan.lane(&moment.place), plan.rows[i].1);
            let aim = plan.lane(to);
            let toward = if aim > start.0 { 1.0 } else { -1.0 };
            let head = if toward > 0.0 { "M2 0L-6-3.6V3.6Z" } else { "M-2 0L6-3.6V3.6Z" };
            let (end, class, shape) = match found {
                Some(j) => {
                    arrived[j] = true;
                    ((aim - 6.0 * toward, plan.rows[j].1), "head", head)
                }
                // The arrow ends before its target and touches no other lane.
                None => ((aim - 0.45 * plan.apart() * toward, start.1 + 9.0), "x", CROSS),
            };
            ink.line("arrow", start, end);
            ink.shape(class, end, shape);
        }
    }
}

impl Plan<'_> {
    fn apart(&self) -> f64 {
        self.lanes.windows(2).map(|pair| pair[1].1 - pair[0].1).next().unwrap_or_default()
    }
    fn lane(&self, place: &str) -> f64 {
        self.lanes.iter().find(|(name, _)| *name == place).map_or(0.0, |(_, x)| *x)
    }
}
