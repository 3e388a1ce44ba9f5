//! `league REPORT…` reads reports of `engines/league` into the file of figures, and writes the
//! page. Without a report, it only writes the page.

use std::process::ExitCode;

use syncdyno_engines::league::{self, Entrants, Lines, Wrong};

const FIGURES: &str = "engines/league/figures.csv";

fn main() -> ExitCode {
    let reports: Vec<String> = std::env::args().skip(1).collect();
    match write(&reports) {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            #[allow(clippy::print_stderr, reason = "a program of the command line")]
            {
                eprintln!("error: {wrong}");
            }
            ExitCode::FAILURE
        }
    }
}

fn write(reports: &[String]) -> Result<(), Wrong> {
    let entrants = Entrants::parse(&text("engines/league/entrants.toml")?)?;
    if !reports.is_empty() {
        keep(FIGURES, &league::gathered(reports, &entrants)?.to_csv())?;
    }
    let lines = Lines::parse(&text(FIGURES)?)?;
    let page = league::markdown(&lines, &entrants, &text("engines/league/page.md")?);
    let plot = league::plot(&lines, &entrants);
    keep("docs/engines.md", &page)?;
    keep("docs/plots/engines.svg", &plot)?;
    keep("docs/engines.html", &league::html(&page, &plot))
}

fn text(path: &str) -> Result<String, Wrong> {
    std::fs::read_to_string(path)
        .map_err(|wrong| Wrong(format!("{path}: {wrong}; start it where README.md is")))
}

fn keep(path: &str, text: &str) -> Result<(), Wrong> {
    std::fs::write(path, text).map_err(|wrong| Wrong(format!("{path}: {wrong}")))
}
