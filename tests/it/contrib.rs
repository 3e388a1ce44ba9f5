//! Files for users' CI services: every command in them exists, with its options.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const FILES: [&str; 2] = ["github-workflow.yml", "gitlab-job.yml"];

fn contrib(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib").join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(contrib(name)).unwrap()
}

/// The lines of a file with their indentation, without comments.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let whole = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    text.lines().filter(whole).map(|line| (line.len() - line.trim_start().len(), line.trim()))
}

/// The shell commands of a job, in order: `run` in one service, a list under `script` in the other.
fn steps(text: &str) -> Vec<&str> {
    let mut steps = Vec::new();
    let mut script = None;
    for (indent, line) in lines(text) {
        script = script.filter(|above| indent > *above);
        if line == "script:" {
            script = Some(indent);
        } else if script.is_some() {
            steps.push(line.strip_prefix("- ").unwrap_or_else(|| panic!("`{line}` is no step")));
        } else if let Some(command) = line.trim_start_matches("- ").strip_prefix("run: ") {
            steps.push(command);
        }
    }
    steps
}

/// The only value of a key.
fn value<'a>(text: &'a str, key: &str) -> &'a str {
    let of =
        |(_, line): (usize, &'a str)| line.trim_start_matches("- ").strip_prefix(key)?.strip_prefix(": ");
    lines(text).find_map(of).unwrap_or_else(|| panic!("there is no {key}"))
}

/// The help text of a command.
fn help(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).arg("-h").output().unwrap();
    assert!(output.status.success(), "{program} {words:?} is no command");
    String::from_utf8(output.stdout).unwrap()
}

fn has_options<'a>(help: &str, command: &str, words: impl Iterator<Item = &'a str>) {
    for option in words.filter(|word| word.starts_with("--")) {
        let told = help.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).any(|word| word == option);
        assert!(told, "`{command}` has no {option}");
    }
}

#[test]
fn a_job_installs_the_tool_and_runs_the_gate_that_is_there_with_the_arguments_it_takes() {
    let gate = text("gate.sh");
    let taken = gate.lines().filter(|line| line.starts_with("scenarios=${1:-")).collect::<String>();
    let defaults: Vec<&str> = taken.split(":-").skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
    for file in FILES {
        let text = text(file);
        assert!(!text.contains('\t') && lines(&text).all(|(indent, _)| indent % 2 == 0), "{file}");
        let steps = steps(&text);
        let [install, run, comment @ ..] = steps.as_slice() else { panic!("{file}: {steps:?}") };
        assert_eq!(comment.iter().filter(|step| step.starts_with("gh pr comment ")).count(), comment.len());
        let source = value(&text, "SYNCDYNO_SOURCE");
        let words: Vec<&str> = install.split(' ').collect();
        assert_eq!(words[..2], ["cargo", "install"], "{file}");
        assert_eq!(words.last(), Some(&"$SYNCDYNO_SOURCE"), "{file}");
        let cargo = help(env!("CARGO"), &["install"]);
        has_options(&cargo, "cargo install", words.iter().copied().chain(source.split(' ')));
        let (_, arguments) = run.split_once("contrib/gate.sh ").unwrap_or_else(|| panic!("{file}: {run}"));
        let arguments: Vec<&str> = arguments.split(' ').collect();
        assert_eq!(arguments[..3], defaults, "{file}");
        // As many seeds as a comparison of two scenarios needs.
        assert_eq!(arguments[3..], ["--seeds", "1..=8"], "{file}");
        let rust = concat!(env!("CARGO_PKG_RUST_VERSION"), "\"");
        assert!(text.contains(rust), "{file} pins the compiler that the tool needs");
        // The artefacts of the job are the files that the gate writes.
        assert!(
            text.contains(&format!("path: {}", defaults[2])) || text.contains(&format!("[{}/]", defaults[2]))
        );
        assert!(lines(&text).any(|(_, line)| line == "if: always()" || line == "when: always"), "{file}");
    }
    let github = text(FILES[0]);
    let place = |what: &str| github.find(what).unwrap_or_else(|| panic!("there is no {what}"));
    let kept = place("actions/cache/save@") < place("contrib/gate.sh scenarios");
    assert!(kept && !github.contains("actions/cache@"), "a red gate keeps the build");
    assert!(gate.contains("\"$report/comment.md\"") && place("--body-file reports/ci/comment.md") > 0);
    assert!(value(&text(FILES[1]), "junit").starts_with(&format!("{}/", defaults[2])));
    let tool = lines(&text(FILES[1])).any(|(_, line)| line.contains("SYNCDYNO=.cargo-home/bin/syncdyno "));
    assert!(tool, "the tool is called where CARGO_HOME has it");
}

#[cfg(unix)]
#[test]
fn the_gate_may_be_executed_and_bash_takes_it() {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(contrib("gate.sh")).unwrap().permissions().mode();
    assert_eq!(mode & 0o111, 0o111, "the jobs call it as a program");
    assert!(Command::new("bash").arg("-n").arg(contrib("gate.sh")).status().unwrap().success());
}

#[test]
fn every_command_that_the_gate_runs_or_tells_of_has_the_options_that_it_is_given() {
    let gate = text("gate.sh") + &text("README.md");
    let mut seen = Vec::new();
    for line in gate.lines().map(|line| line.replace("\"$syncdyno\" ", "syncdyno ")) {
        let Some(at) = line.find("syncdyno run ").or_else(|| line.find("syncdyno baseline ")) else {
            continue;
        };
        let words: Vec<&str> =
            line[at..].split([' ', '`', '"', '\'']).filter(|word| !word.is_empty()).collect();
        let verb = if words[1] == "run" { &words[1..2] } else { &words[1..3] };
        has_options(&help(env!("CARGO_BIN_EXE_syncdyno"), verb), &verb.join(" "), words.iter().copied());
        seen.push(verb.join(" "));
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, ["baseline save", "baseline update", "run"]);
}

/// Scripts that submit jobs, and scripts that test them.
#[cfg(unix)]
#[test]
fn scripts_for_clusters_may_be_executed_and_bash_takes_them() {
    use std::os::unix::fs::PermissionsExt;
    let folders = ["contrib/clusters", "tests/cluster"];
    let scripts = folders.into_iter().flat_map(crate::tidy::files);
    let is_script = |path: &PathBuf| path.extension().is_none_or(|e| e == "sh" || e == "py");
    let scripts: Vec<PathBuf> = scripts.filter(is_script).collect();
    assert_eq!(scripts.len(), 9, "{scripts:?}");
    for script in scripts {
        let called = !script.ends_with("common.sh");
        let mode = fs::metadata(&script).unwrap().permissions().mode();
        assert_eq!(mode & 0o111 == 0o111, called, "{}", script.display());
        if script.extension().is_none_or(|e| e == "sh") {
            assert!(Command::new("bash").arg("-n").arg(&script).status().unwrap().success());
        }
    }
}

#[test]
fn each_engine_runs_parts_and_merges_with_options_that_there_are() {
    let sweep = help(env!("CARGO_BIN_EXE_syncdyno"), &["sweep"]);
    let merge = help(env!("CARGO_BIN_EXE_syncdyno"), &["merge"]);
    let engines = fs::read_dir(contrib("clusters")).unwrap().map(|entry| entry.unwrap().path());
    let mut seen = 0;
    for engine in engines {
        let page = fs::read_to_string(engine.join("README.md")).unwrap();
        assert!(page.lines().count() > 3, "{}", engine.display());
        let script = |path: &PathBuf| path.extension().is_some_and(|e| e == "sh" || e == "py" || e == "yml");
        let files = fs::read_dir(&engine).unwrap().map(|entry| entry.unwrap().path()).filter(script);
        let text: String = files.map(|path| fs::read_to_string(path).unwrap()).collect();
        assert!(text.contains("--partition") && text.contains("merge"), "{}", engine.display());
        for option in
            ["--partition", "--out", "--jobs", "--progress"].into_iter().filter(|o| text.contains(o))
        {
            assert!(
                sweep.contains(option) && (option == "--partition" || merge.contains(option)),
                "{option}"
            );
        }
        seen += 1;
    }
    assert_eq!(seen, 6);
}
