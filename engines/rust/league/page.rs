//! Writes the page: tables, their explanations, and texts by people.

use std::fmt::Write as _;

use super::cells::BROKEN;
use super::entrants::{Entrant, Entrants, Whose};
use super::figures::Figure;
use super::summary::{Line, Lines, Place};

/// The links of `league.toml`, the slowest first.
const LINKS: [&str; 6] = ["edge", "3g-poor", "lte-poor", "lte-good", "wifi-congested", "wifi-good"];
/// The link of tables that show only one link.
pub(super) const LINK: &str = "lte-good";
pub(super) const MORNING: &str = "morning";

/// The width of prose, in columns.
const WIDTH: usize = 100;
/// An interval narrower than this share of the mean or median is not shown.
const NARROW: f64 = 0.1;

/// A column of a table: its heading, its place and its figure.
struct Column<'a> {
    title: &'a str,
    work: &'a str,
    link: &'a str,
    weather: &'a str,
    figure: &'a str,
}

/// Writes `docs/engines.md`. `written` is the text around the tables. Each `{{NAME}}` in it is
/// replaced by a table or figure.
pub fn markdown(lines: &Lines, entrants: &Entrants, written: &str) -> String {
    let faults = |title, figure| Column { title, work: MORNING, link: LINK, weather: "faults", figure };
    let clean = |title, figure| Column { title, work: MORNING, link: LINK, weather: "clean", figure };
    let loses = [
        faults("broken promises", BROKEN),
        faults("gone, of 100", "gone"),
        faults("lost", "lost"),
        faults("not told", "untold"),
        faults("replaced unseen", "replaced"),
        faults("gave way", "gave way"),
        faults("twice", "twice"),
        faults("came back", "came back"),
        faults("wrong at rest", "lacking"),
        faults("stuck", "stuck"),
        faults("divergent", "divergent"),
    ];
    let costs = [
        clean("requests", "requests"),
        clean("up", "up"),
        clean("down", "down"),
        clean("radio", "radio"),
        clean("database", "database"),
        clean("safe", "safe"),
        clean("safe, 95 %", "safe 95 %"),
        clean("seen", "seen"),
        clean("seen, 95 %", "seen 95 %"),
    ];
    let load = |title, work, link| Column { title, work, link, weather: "clean", figure: "usable" };
    let waits = [
        load("1 000 rows", "load-1000", LINK),
        load("10 000 rows", "load-10000", LINK),
        load("100 000 rows", "load-100000", LINK),
        load("10 000 rows, EDGE", "load-10000", "edge"),
        Column { work: "queue-100", ..clean("queue of 100", "drained") },
        Column { work: "queue-1000", ..clean("queue of 1 000", "drained") },
        Column { work: "storm", ..clean("storm, 95 %", "safe 95 %") },
    ];
    let by_link =
        |figure, weather| LINKS.map(|link| Column { title: link, work: MORNING, link, weather, figure });
    let tables = [
        ("LOSES", table(lines, entrants, &loses)),
        ("COSTS", table(lines, entrants, &costs)),
        ("WAITS", table(lines, entrants, &waits)),
        ("GONE BY LINK", table(lines, entrants, &by_link("gone", "faults"))),
        ("SEEN BY LINK", table(lines, entrants, &by_link("seen 95 %", "clean"))),
        (
            "ENTRANTS",
            entrants.entrant.iter().map(paragraph).collect::<Vec<_>>().join("\n").trim_end().to_owned(),
        ),
        ("HALVES", halves(lines, entrants, &costs.iter().chain(&waits[..3]).collect::<Vec<_>>())),
        ("SEEDS", seeds(lines)),
    ];
    let put = |page: String, (name, text): &(&str, String)| page.replace(&format!("{{{{{name}}}}}"), text);
    let page = tables.iter().fold(written.to_owned(), put);
    filled(&page)
}

/// Wraps those paragraphs of the page again in which a figure made a line too long.
fn filled(page: &str) -> String {
    let is_prose = |line: &str| !line.is_empty() && !["|", "#", "```"].iter().any(|it| line.starts_with(it));
    let (mut blocks, mut in_code) = (Vec::<(bool, Vec<&str>)>::new(), false);
    for line in page.lines() {
        in_code ^= line.starts_with("```");
        let goes_on = !line.starts_with("- ");
        match blocks.last_mut() {
            Some((true, block)) if !in_code && goes_on && is_prose(line) => block.push(line),
            _ => blocks.push((!in_code && is_prose(line), vec![line])),
        }
    }
    let fill = |(is_prose, block): &(bool, Vec<&str>)| {
        if !is_prose || block.iter().all(|line| line.chars().count() <= WIDTH) {
            return block.join("\n") + "\n";
        }
        let text = block.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
        let indent = if text.starts_with("- ") { "  " } else { "" };
        let options = textwrap::Options::new(WIDTH)
            .subsequent_indent(indent)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        textwrap::fill(&text, options) + "\n"
    };
    blocks.iter().map(fill).collect()
}

impl Column<'_> {
    fn line<'l>(&self, lines: &'l Lines, engine: &str) -> Option<&'l Line> {
        lines.get(&Place::of(engine, self.work, self.link, self.weather), self.figure)
    }

    /// True if the engine cannot have the figure.
    fn is_lacking(&self, entrant: &Entrant) -> bool {
        entrant.lacks.iter().any(|lacks| self.figure.starts_with(lacks.as_str()))
    }

    fn told(&self, lines: &Lines, entrant: &Entrant) -> String {
        if self.is_lacking(entrant) {
            return "–".to_owned();
        }
        let Some(line) = self.line(lines, &entrant.engine) else { return "·".to_owned() };
        if self.figure == BROKEN {
            return format!("{} of {}", (line.middle * line.seeds as f64).round(), line.seeds);
        }
        let figure = Figure::named(self.figure);
        let middle = figure.told(line.middle);
        // A narrow interval adds nothing to the mean or median, so it is left out.
        let is_narrow = (line.high - line.low).abs() <= NARROW * line.middle;
        let [low, high] = [line.low, line.high].map(|end| figure.told(end));
        match !line.low.is_finite() || line.middle == 0.0 || is_narrow || (low == middle && high == middle) {
            true => middle,
            false => format!("{middle} ({low}…{high})"),
        }
    }
}

fn table(lines: &Lines, entrants: &Entrants, columns: &[Column<'_>]) -> String {
    let mut text = "| engine |".to_owned();
    columns.iter().for_each(|column| _ = write!(text, " {} |", column.title));
    text += "\n| --- |";
    columns.iter().for_each(|_| text += " ---: |");
    for entrant in &entrants.entrant {
        _ = write!(text, "\n| {} |", entrant.title);
        columns.iter().for_each(|column| _ = write!(text, " {} |", column.told(lines, entrant)));
    }
    text
}

fn paragraph(entrant: &Entrant) -> String {
    let Entrant { title, page, promise, text, found, .. } = entrant;
    let mut block = format!("**{title}** ([page]({page})). Promises: {promise}. {}\n", text.trim());
    for found in found {
        let whose = match found.whose {
            Whose::Engine => "a fault of the engine",
            Whose::Design => "by design",
            Whose::Preset => "what the product does",
            Whose::Halves => "our own server half",
        };
        let checks: Vec<String> = found.checks.iter().map(|check| format!("`{check}`")).collect();
        _ = writeln!(block, "- {}: {whose}. {}", checks.join(", "), found.why);
    }
    block
}

/// A sentence that says how much the figures of the two halves of the seeds differ.
fn halves(lines: &Lines, entrants: &Entrants, columns: &[&Column<'_>]) -> String {
    let of = |entrant: &Entrant| {
        let apart = columns.iter().filter(|column| !column.is_lacking(entrant));
        let apart = apart.filter_map(|column| column.line(lines, &entrant.engine));
        apart
            .map(|line| line.halves)
            .filter(|[_, other]| other.is_finite() && *other > 0.0)
            .map(|[one, other]| (one / other - 1.0).abs())
            .collect::<Vec<_>>()
    };
    let apart: Vec<f64> = entrants.entrant.iter().flat_map(of).collect();
    let near = apart.iter().filter(|apart| **apart <= 0.03).count();
    let worst = apart.iter().fold(0.0, |worst: f64, apart| worst.max(*apart));
    format!(
        "{near} of {} figures are within 3 % of each other, the worst {:.1} % apart",
        apart.len(),
        worst * 100.0
    )
}

fn seeds(lines: &Lines) -> String {
    let of = |work: &str| {
        let of = lines.0.iter().filter(|((place, _), _)| place.work.starts_with(work));
        of.map(|(_, line)| line.seeds).max().unwrap_or_default()
    };
    format!(
        "{} of mornings, {} of loads, {} of queues, {} of storms",
        of(MORNING),
        of("load"),
        of("queue"),
        of("storm")
    )
}

/// Makes one self-contained file of the page: the rendered Markdown with the plot.
pub fn html(markdown: &str, plot: &str) -> String {
    let mut body = String::new();
    let parser = pulldown_cmark::Parser::new_ext(markdown, pulldown_cmark::Options::ENABLE_TABLES);
    pulldown_cmark::html::push_html(&mut body, parser);
    let body = match (body.find("<img src=\"plots/engines.svg\""), body.find("engines.svg")) {
        (Some(at), _) => {
            let end = at + body[at..].find('>').map_or(0, |end| end + 1);
            format!("{}{plot}{}", &body[..at], &body[end..])
        }
        _ => body,
    };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>Engines side by side</title>\n<style>{STYLE}</style>\n<main>\n{body}</main>\n</html>\n"
    )
}

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:72em;padding:0 1em}\
main>*{max-width:46em}\
table{border-collapse:collapse;font-size:13px;display:block;overflow-x:auto;max-width:none}\
th,td{padding:.25em .6em;border-bottom:1px solid color-mix(in srgb,currentColor 20%,transparent);white-space:nowrap}\
td:first-child,th:first-child{text-align:left}\
pre{overflow-x:auto;padding:.8em;background:color-mix(in srgb,currentColor 7%,transparent)}\
svg{max-width:100%;height:auto}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_that_is_too_wide_is_filled_as_a_whole() {
        let words = |times| vec!["abcd"; times].join(" ");
        // The page has two paragraphs with lines of 99, 104 and 49 columns, and a table.
        let [fits, wide, short] = [20, 21, 10].map(words);
        let page = format!("{fits}\n{short}\n\n- {wide}\n  {short}\n- {short}\n\n| {wide} |\n");
        let again = format!("- {}\n  {}\n- {short}\n", words(19), words(12));
        assert_eq!(filled(&page), format!("{fits}\n{short}\n\n{again}\n| {wide} |\n"));
    }
}
