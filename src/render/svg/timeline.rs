//! Events over virtual time: panels that share one axis, and strips below them.

use super::clock::Clock;
use super::frame::{Inside, LETTERS, Size, Svg, bottom_axis, left_axis, left_axis_width};
use super::ink::{Anchor, Ink, cut, width};
use super::scale::Scale;
use super::style::LOOKS;
use crate::metrics::{Unit, human};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    pub title: String,
    pub about: String,
    /// The end of the time axis, in nanoseconds. The axis begins at 0.
    pub end: u64,
    /// The scenario's clock at virtual time 0. With `None`, the axis shows virtual time.
    pub clock: Option<Clock>,
    /// The instant at which a new phase begins, with the name of the phase.
    pub phase: Option<(u64, String)>,
    pub panels: Vec<Panel>,
    /// Rows below the panels, with conditions over time and events.
    pub strips: Vec<Strip>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    pub name: String,
    pub unit: Unit,
    /// Pairs of instant and value. A value holds until the next instant.
    pub points: Vec<(u64, u64)>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Strip {
    pub name: String,
    /// Intervals: begin, end, the affected share (0 to 1), and a text.
    pub spans: Vec<(u64, u64, f64, String)>,
    pub ticks: Vec<u64>,
}

const PANEL: f64 = 74.0;
const GAP: f64 = 32.0;
const STRIP: f64 = 24.0;
const PANEL_TICKS: usize = 3;
/// The largest number of tooltips in a panel. Its table has as many rows.
const TOLD: usize = 24;

impl Timeline {
    pub fn draw(&self, size: Size) -> Svg {
        let scales: Vec<Scale> = self.panels.iter().map(|panel| panel.scale()).collect();
        let labels = self.panels.iter().zip(&scales).map(|(p, s)| left_axis_width(*s, p.unit, PANEL_TICKS));
        let names = self.strips.iter().map(|strip| width(&strip.name, LETTERS) + 10.0).fold(0.0, f64::max);
        let left = labels.fold(34.0, f64::max).max(names.min(size.pick(150.0, 100.0)));
        let end = Scale::linear((0.0, self.end.max(1) as f64), (left, size.width() - 22.0));
        let mut ink = Ink::default();
        let start = if self.panels.is_empty() { 8.0 } else { 26.0 } + self.phase_room();
        let mut inside = Inside { left, right: size.width() - 22.0, top: start, bottom: start };
        for (i, (panel, scale)) in self.panels.iter().zip(scales).enumerate() {
            inside.bottom = inside.top + PANEL;
            let scale = scale.moved((inside.bottom, inside.top));
            left_axis(&mut ink, inside, scale, panel.unit, &panel.name, PANEL_TICKS);
            panel.draw(&mut ink, i, end, scale, self.end);
            if size == Size::Wide {
                self.tell(&mut ink, panel, inside, end);
            }
            inside.top = inside.bottom + GAP;
        }
        if !self.panels.is_empty() && !self.strips.is_empty() {
            inside.bottom += 8.0;
        }
        for strip in &self.strips {
            let told = |at| self.time(at);
            strip.draw(&mut ink, Inside { top: inside.bottom + 6.0, ..inside }, end, &told);
            inside.bottom += STRIP;
        }
        inside.bottom += 6.0;
        if let Some((at, name)) = &self.phase {
            let x = end.at(*at as f64);
            ink.line("mark", (x, start - 10.0 - self.phase_room() / 2.0), (x, inside.bottom));
            let y = if self.panels.is_empty() { 11.0 } else { 28.0 };
            ink.text("s m", (x, y), Anchor::End, name);
        }
        let most = size.pick(9, 5);
        let ticks = match self.clock {
            Some(clock) => clock.ticks(self.end, most),
            None => end.ticks(Unit::Ns, most),
        };
        let ticks: Vec<(f64, String)> = ticks.into_iter().map(|(at, label)| (end.at(at), label)).collect();
        bottom_axis(&mut ink, inside, &ticks, &[], self.axis());
        Svg::new(size, inside.bottom + 38.0, &self.title, &self.about, ink)
    }

    pub(in crate::render) fn axis(&self) -> &'static str {
        if self.clock.is_some() { "local time" } else { "virtual time" }
    }
    pub(in crate::render) fn time(&self, at: u64) -> String {
        self.clock.map_or_else(|| human::span(at), |clock| clock.time(at))
    }
    /// Adds at most [`TOLD`] tooltips with the values of a panel.
    fn tell(&self, ink: &mut Ink, panel: &Panel, inside: Inside, x: Scale) {
        let each = panel.points.len().div_ceil(TOLD).max(1);
        let chosen: Vec<&(u64, u64)> = panel.points.iter().step_by(each).collect();
        let ends = chosen.iter().skip(1).map(|point| point.0).chain([self.end]);
        for ((at, value), until) in chosen.iter().zip(ends) {
            let (from, until) = (x.at(*at as f64), x.at(until as f64));
            let told = format!("{}: {}", self.time(*at), human::figure(panel.unit, *value));
            ink.rect("hov", (from, inside.top), (until - from, PANEL), Some(&told));
        }
    }

    fn phase_room(&self) -> f64 {
        if self.phase.is_some() { 16.0 } else { 0.0 }
    }
}

impl Panel {
    fn scale(&self) -> Scale {
        let high = self.points.iter().map(|point| point.1).max().unwrap_or(0).max(1);
        Scale::linear((0.0, high as f64 * 1.08), (PANEL, 0.0))
    }
    fn draw(&self, ink: &mut Ink, series: usize, x: Scale, y: Scale, end: u64) {
        let mut steps: Vec<(f64, f64)> = Vec::new();
        for (at, value) in &self.points {
            let (at, value) = (x.at(*at as f64), y.at(*value as f64));
            // A value holds until the next instant.
            let before = steps.last().map(|(_, before)| (at, *before));
            steps.extend(before.into_iter().chain([(at, value)]));
        }
        let Some(((first, _), (_, last))) = steps.first().copied().zip(steps.last().copied()) else { return };
        let end = x.at(end as f64);
        let floor = y.at(0.0);
        steps.push((end, last));
        let area = [&[(first, floor)][..], &steps, &[(end, floor)]].concat();
        ink.area(&format!("i c{}", series % LOOKS), &area);
        ink.path(&format!("l c{}", series % LOOKS), &steps);
    }
}

impl Strip {
    fn draw(&self, ink: &mut Ink, inside: Inside, x: Scale, time: &dyn Fn(u64) -> String) {
        let (top, high) = (inside.top, STRIP - 8.0);
        let name = cut(&self.name, LETTERS, inside.left - 8.0);
        ink.text("m", (2.0, top + high - 3.5), Anchor::Start, &name);
        ink.rect("up", (inside.left, top), (inside.right - inside.left, high), None);
        for (from, until, share, told) in &self.spans {
            let (from, until) = (x.at(*from as f64), x.at(*until as f64));
            // The height shows the affected share, but it is never too small to see.
            let tall = (high * share).clamp(2.0, high);
            ink.rect("down", (from, top + high - tall), ((until - from).max(1.0), tall), Some(told));
        }
        for at in &self.ticks {
            let place = (x.at(*at as f64), top + high / 2.0);
            ink.shape_with_tooltip("end", place, "M0-6L4 0L0 6L-4 0Z", &time(*at));
        }
    }
}
