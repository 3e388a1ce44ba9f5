//! A plain table. Texts are aligned left and figures right, with two spaces between columns.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

#[derive(Clone, Debug, Default)]
pub struct Grid {
    header: Vec<String>,
    /// The number of text columns. They come before the columns of figures.
    texts: usize,
    rows: Vec<Vec<String>>,
}

impl Grid {
    /// An empty table with these columns. The first `texts` columns have texts.
    pub fn new(texts: usize, header: impl IntoIterator<Item = impl Into<String>>) -> Grid {
        Grid { header: header.into_iter().map(Into::into).collect(), texts, rows: Vec::new() }
    }
    /// The table for a terminal, split into tables of at most `most` columns. `rows` has the
    /// labels.
    pub fn banded(
        heads: &[&str],
        rows: &[Vec<String>],
        columns: &[(String, Vec<String>)],
        most: usize,
    ) -> String {
        let band = |band: &[(String, Vec<String>)]| {
            let names = band.iter().map(|(name, _)| name.as_str());
            let mut grid = Grid::new(1, heads.iter().copied().chain(names));
            for (at, labels) in rows.iter().enumerate() {
                let fields = band.iter().map(|(_, fields)| fields.get(at).map_or("", String::as_str));
                grid.row(labels.iter().map(String::as_str).chain(fields));
            }
            grid.terminal("  ") + "\n"
        };
        columns.chunks(most).map(band).collect()
    }
    pub fn row(&mut self, fields: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(fields.into_iter().map(Into::into).collect());
    }
    pub fn terminal(&self, indent: &str) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(self.header.iter().enumerate().map(|(i, text)| self.aligned(i, text)));
        for row in &self.rows {
            table.add_row(row.iter().enumerate().map(|(i, text)| self.aligned(i, text)));
        }
        let lines = table.lines().map(|line| format!("{indent}{}", line.strip_prefix(' ').unwrap_or(&line)));
        lines.map(|line| line.trim_end().to_owned() + "\n").collect()
    }

    pub fn markdown(&self) -> String {
        let line = |fields: &[String]| {
            let fields: Vec<String> = fields.iter().map(|field| plain(&field.replace('\n', " "))).collect();
            format!("| {} |\n", fields.join(" | "))
        };
        let rules: Vec<&str> =
            (0..self.header.len()).map(|i| if i < self.texts { "---" } else { "---:" }).collect();
        let mut text = format!("{}| {} |\n", line(&self.header), rules.join(" | "));
        self.full().for_each(|row| text.push_str(&line(&row)));
        text
    }

    /// The table for an HTML page. It scrolls in a box, so that it does not widen the page.
    pub fn html(&self) -> String {
        self.html_as("")
    }
    /// Like [`html`](Self::html), with a further class. The style sheet knows the class `tN`, which
    /// means that figures begin after `N` columns. End tags that HTML does not need are left out.
    pub fn html_as(&self, class: &str) -> String {
        let row = |tag: &str, fields: &[String]| {
            let field = |text: &String| match text.as_str() {
                verdict @ ("pass" | "FAIL" | "incomplete") => format!("<{tag} class={verdict}>{verdict}"),
                text => format!("<{tag}>{}", escaped(text)),
            };
            format!("<tr>{}\n", fields.iter().map(field).collect::<String>())
        };
        let rows: String = self.full().map(|fields| row("td", &fields)).collect();
        let (head, texts) = (row("th", &self.header), self.texts);
        let table = format!("<table class=\"t{texts}{class}\"><thead>{head}<tbody>{rows}</table>");
        format!("<div class=scroll tabindex=0>{table}</div>\n")
    }

    /// The rows with all fields. The blank rows that separate groups on a terminal are left out.
    fn full(&self) -> impl Iterator<Item = Vec<String>> {
        let rows = self.rows.iter().filter(|row| row.iter().any(|field| !field.is_empty()));
        let blank = || std::iter::repeat(String::new());
        rows.map(move |row| row.iter().cloned().chain(blank()).take(self.header.len()).collect())
    }
    fn aligned(&self, column: usize, text: &str) -> Cell {
        let side = if column < self.texts { CellAlignment::Left } else { CellAlignment::Right };
        Cell::new(text).set_alignment(side)
    }
}

/// Escapes a text for Markdown, because names come from files of unknown authors. The result
/// contains no image, link, code, HTML, mention or issue number.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let (mut before, mut rest) = (' ', text.chars());
    // These characters start a block only at the beginning of a line.
    let mut begin = text.trim_start().chars();
    if begin.next().is_some_and(|c| ['#', '>', '-', '+'].contains(&c))
        && begin.next().is_none_or(|c| !c.is_alphanumeric())
    {
        plain.push('\\');
    }
    while let Some(c) = rest.next() {
        let next = rest.clone().next().unwrap_or(' ');
        let is_apart = |c: char| !c.is_alphanumeric();
        match c {
            '&' => plain.push_str("&amp;"),
            '<' => plain.push_str("&lt;"),
            '[' | ']' | '`' | '*' | '~' | '|' | '\\' => plain.extend(['\\', c]),
            // Inside a word, `_` is a normal character.
            '_' if is_apart(before) || is_apart(next) => plain.push_str("\\_"),
            // An empty HTML comment separates `@` from the name.
            '@' if is_apart(before) => plain.push_str("@<!-- -->"),
            '#' if next.is_ascii_digit() => plain.push_str("#<!-- -->"),
            _ => plain.push(c),
        }
        before = c;
    }
    plain
}

pub(super) fn code(text: &str) -> String {
    let fence = "`".repeat(longest_run(text) + 1);
    let gap = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{gap}{text}{gap}{fence}")
}

/// A block of terminal output in Markdown.
pub(super) fn fenced(text: &str) -> String {
    let fence = "`".repeat((longest_run(text) + 1).max(3));
    format!("{fence}text\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Escapes a text for HTML or SVG.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
