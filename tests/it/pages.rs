//! The README and the docs: the output that they show is the output of the program.

use std::path::{Path, PathBuf};

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Commands on a page, with the output of the last one.
struct Shown {
    /// One command per line.
    command: String,
    /// The line number of the output on the page.
    from: usize,
    lines: Vec<String>,
}

/// Each `console` block with the next `text` block; there may be prose between them.
fn shown(page: &str) -> Vec<Shown> {
    let lines: Vec<&str> = page.lines().collect();
    let mut found = Vec::new();
    let mut command: Option<String> = None;
    let mut at = 0;
    while at < lines.len() {
        let block = |from: usize| lines[from..].iter().position(|line| *line == "```").map(|end| from + end);
        match lines[at] {
            "```console" => {
                let end = block(at + 1).expect("a block ends");
                let typed = lines[at + 1..end].join("\n").replace("\\\n", "");
                let typed = typed.lines().map(|line| line.split(" #").next().unwrap_or_default());
                let typed =
                    typed.map(|line| line.trim_start_matches("$ ").split_whitespace().collect::<Vec<_>>());
                command = Some(typed.map(|words| words.join(" ")).collect::<Vec<_>>().join("\n"));
                at = end;
            }
            "```text" => {
                let end = block(at + 1).expect("a block ends");
                if let Some(command) = command.take() {
                    let lines = lines[at + 1..end].iter().map(|line| (*line).to_owned()).collect();
                    found.push(Shown { command, from: at + 1, lines });
                }
                at = end;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// The current line for a line on the page: the one with the most common words, if its first word
/// or all words agree.
fn today<'o>(line: &str, output: &'o str) -> Option<&'o str> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let common = |other: &str| other.split_whitespace().filter(|word| words.contains(word)).count();
    let fits = |other: &&str| {
        other.split_whitespace().next() == words.first().copied() || common(other) == words.len()
    };
    let candidates = output.lines().map(str::trim_end).filter(fits);
    candidates.max_by_key(|other| (*other == line, common(other), std::cmp::Reverse(other.len())))
}

/// A block of more lines shows the complete output, not some lines of it.
const WHOLE: usize = 12;

/// The lines of a block as the program prints them today.
fn fresh(block: &Shown, output: &str) -> Vec<String> {
    let all: Vec<&str> = output.lines().map(str::trim_end).collect();
    if block.lines.len() > WHOLE {
        let end = all.iter().position(|line| line.starts_with("report: ")).unwrap_or(all.len());
        let end = all[..end].iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
        return all[..end].iter().map(|line| (*line).to_owned()).collect();
    }
    let now = |line: &String| match today(line, output) {
        Some(now) => now.to_owned(),
        None if line.is_empty() => String::new(),
        None => panic!("`{}` prints no such line:\n{line}\n{output}", block.command),
    };
    block.lines.iter().map(now).collect()
}

/// Compares the blocks of a page with `printed`; `None` skips a command.
fn hold(path: &str, printed: &dyn Fn(&str) -> Option<String>) {
    let text = std::fs::read_to_string(root(path)).expect("the page is there");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut wrong = Vec::new();
    let mut held = 0;
    for block in shown(&text).iter().rev() {
        let Some(output) = printed(&block.command) else { continue };
        held += 1;
        let fresh = fresh(block, &output);
        if fresh != block.lines {
            wrong.push((block.command.clone(), block.lines.clone(), fresh.clone()));
        }
        lines.splice(block.from..block.from + block.lines.len(), fresh);
    }
    assert!(held > 0, "{path} shows nothing of what is run here");
    if std::env::var_os("SYNCDYNO_BLESS").is_some() {
        std::fs::write(root(path), lines.join("\n") + "\n").expect("the page is written");
        return;
    }
    assert!(
        wrong.is_empty(),
        "SYNCDYNO_BLESS=1 cargo test --test it -- pages writes {path} again: {wrong:#?}"
    );
}

/// Replaces the thin spaces in numbers by normal ones, so that pages can be searched.
fn plain(text: &str) -> String {
    text.replace('\u{2009}', " ")
}

/// Runs a command; `-o` is redirected to a temporary folder.
fn run(command: &str) -> String {
    let desk = tempfile::TempDir::new().expect("there is room");
    let last = command.lines().last().unwrap_or_default();
    let mut words: Vec<String> = last.split(' ').skip(1).map(str::to_owned).collect();
    match words.iter().position(|word| word == "-o") {
        Some(at) => words[at + 1] = desk.path().join(&words[at + 1]).to_string_lossy().into_owned(),
        None if words[0] == "calibrate" => {}
        None => {
            let out = desk.path().join("out").to_string_lossy().into_owned();
            words.extend(["--progress", "none", "--out", &out].map(str::to_owned));
        }
    }
    let mut program = assert_cmd::Command::new(env!("CARGO_BIN_EXE_syncdyno"));
    let output = program.current_dir(root("")).args(&words).env_remove("GITHUB_STEP_SUMMARY").output();
    let output = output.expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    plain(&said.replace(&format!("{}/", desk.path().display()), ""))
}

fn is_short(command: &str) -> bool {
    let last = command.lines().last().unwrap_or_default();
    ["syncdyno run scenarios/cookbook/", "syncdyno run scenarios/conflicts/two-", "syncdyno calibrate "]
        .iter()
        .any(|start| last.starts_with(start))
        && !command.contains("--baseline")
}

#[test]
fn the_cookbook_shows_what_its_scenarios_come_to() {
    hold("docs/cookbook.md", &|command| is_short(command).then(|| run(command)));
    let page = std::fs::read_to_string(root("docs/cookbook.md")).expect("the page is there");
    for entry in std::fs::read_dir(root("scenarios/cookbook")).expect("the folder is there") {
        let name = entry.expect("an entry can be read").file_name().into_string().expect("names are text");
        let Some(name) = name.strip_suffix(".toml") else { continue };
        let file = format!("scenarios/cookbook/{name}.toml");
        assert!(page.contains(&file), "the cookbook has {file}");
        let text = std::fs::read_to_string(root(&file)).expect("a scenario is text");
        assert!(text.lines().count() <= 30, "{file} is short");
    }
}

#[test]
fn pages_show_what_short_commands_print() {
    for page in ["docs/conflicts.md", "docs/calibrating.md"] {
        hold(page, &|command| is_short(command).then(|| run(command)));
    }
}

/// The reports of slow commands are made elsewhere (`.ci/run`). A line says which one is in which
/// folder of `SYNCDYNO_REPORTS`.
#[test]
fn pages_show_what_long_commands_print() {
    let Some(reports) = std::env::var_os("SYNCDYNO_REPORTS") else { return };
    let folder = |command: &str| {
        [
            ("scenarios/hospital-day.toml", "day"),
            ("run my-app.toml", "my-app"),
            ("--table architectures", "matrix"),
            ("sweep scenarios/chunk-curve", "curve"),
            ("tune scenarios/tune-phone", "phone"),
        ]
        .iter()
        .find(|(part, _)| command.contains(part) && !command.contains("--set"))
        .map(|(_, folder)| Path::new(&reports).join(folder))
    };
    let rendered = |command: &str| {
        let report = folder(command)?;
        if let Ok(kept) = std::fs::read_to_string(report.with_extension("txt")) {
            return Some(plain(&kept));
        }
        let mut program = assert_cmd::Command::new(env!("CARGO_BIN_EXE_syncdyno"));
        let output = program.arg("report").arg(report).args(["--format", "human"]).output().expect("it runs");
        Some(plain(&String::from_utf8_lossy(&output.stdout)))
    };
    for page in ["README.md", "docs/main-job.md", "docs/sweeping.md", "docs/tuning.md"] {
        hold(page, &rendered);
    }
}

#[test]
fn the_readme_and_the_pages_are_short() {
    let lines = |path: &Path| std::fs::read_to_string(path).expect("a page is text");
    let readme = lines(&root("README.md"));
    assert!(
        readme.lines().count() <= 150 && readme.split_whitespace().count() <= 2_000,
        "the README is long"
    );
    let is_long =
        |path: &PathBuf| path.extension().is_some_and(|e| e == "md") && lines(path).lines().count() > 300;
    let long = ["docs", "scenarios"].into_iter().flat_map(super::tidy::files).filter(is_long);
    assert_eq!(long.collect::<Vec<_>>(), Vec::<PathBuf>::new());
}

/// Figures in the README's table of questions stand on the pages that it links. There they are held
/// to what the program prints.
#[test]
fn figures_of_the_readme_stand_on_its_pages() {
    let readme = std::fs::read_to_string(root("README.md")).expect("the README is there");
    let table = readme.split("\n## What you can find out").nth(1).expect("the section is there");
    let mut figures = 0;
    for row in table.lines().filter(|line| line.starts_with("| [")) {
        let path = row.split_once("](").and_then(|(_, rest)| rest.split_once(')')).expect("a link").0;
        let page = plain(&std::fs::read_to_string(root(path)).expect("the page is there"));
        let answer = row.trim_end_matches([' ', '|']).rsplit('|').next().unwrap_or_default();
        for figure in answer.split('`').skip(1).step_by(2) {
            assert!(page.contains(figure), "{path} has no {figure}");
            figures += 1;
        }
    }
    assert!(figures >= 4, "{figures} figures were looked for");
}
