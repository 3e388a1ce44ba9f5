//! Tells a CI job why a command was refused before it ran.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::console::Console;
use super::written::{JUNIT, is_left};
use crate::base::escape_path;
use crate::record::Exit;
use crate::render;

/// Writes annotations and a text for the page of the job. Except for `merge`, it also writes a
/// `junit.xml` to the report's folder. It does not parse the arguments, because they may be wrong.
pub(super) fn refused(
    args: &[OsString],
    exit: Exit,
    (text, marks): (&str, &[render::Mark]),
    step_summary: Option<&Path>,
    out: &mut dyn Write,
) {
    let said = |flag: &str| said(args, flag);
    let runs = args.iter().any(|arg| arg == "run");
    if !runs && !args.iter().any(|arg| arg == "merge") {
        return;
    }
    let (line, page) = render::refused(exit, text, marks);
    if said("--format").is_some_and(|format| format == "github") {
        let _ = out.write_all(line.as_bytes());
    }
    if let Some(path) = step_summary {
        let _ = append(path, &page);
    }
    // Never overwrites the report of another run, and writes nothing if the disk is full.
    let is_report = |folder: &Path| {
        folder.exists() && (folder.join("run.json").exists() || !is_left(&folder.join(JUNIT)))
    };
    let is_new = |folder: &PathBuf| runs && exit != Exit::Environment && !is_report(folder);
    if let Some(folder) = said("--out").or_else(|| said("-o")).map(PathBuf::from).filter(is_new) {
        let _ = put(&folder, &render::junit_refused(exit, text));
    }
}

pub(super) fn append_page(page: &str, console: &mut Console<'_>) {
    let Some(path) = console.surroundings.step_summary.clone() else { return };
    if let Err(e) = append(&path, page) {
        console.complaint(&format!("warning: cannot append the summary to {}: {e}\n", escape_path(path)));
    }
}

fn append(path: &Path, page: &str) -> std::io::Result<()> {
    OpenOptions::new().create(true).append(true).open(path)?.write_all(page.as_bytes())
}

fn put(folder: &Path, xml: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join(JUNIT), xml)
}

fn said(args: &[OsString], flag: &str) -> Option<OsString> {
    let apart = args.iter().skip_while(|arg| *arg != flag).nth(1).cloned();
    let of = |arg: &OsString| Some(arg.to_str()?.strip_prefix(flag)?.strip_prefix('=')?.into());
    apart.or_else(|| args.iter().find_map(of))
}

#[cfg(test)]
mod tests {
    use crate::cli::tests::Desk;

    #[test]
    fn a_run_that_is_refused_leaves_a_job_something_to_show() {
        let mut desk = Desk::new();
        let page = desk.path("page.md");
        desk.surroundings.step_summary = Some(page.clone());
        desk.write("bad.toml", "nam = 5\n");
        assert_eq!(desk.run("run @bad.toml --format github --out @new"), 3);
        let at = "bad.toml,line=1,col=1,title=syncdyno: exit 3::unknown key `nam`";
        assert!(desk.out.starts_with("::error file=") && desk.out.contains(at), "{}", desk.out);
        assert!(desk.read("new/junit.xml").contains("type=\"exit 3\""));
        assert_eq!(desk.run("run @bad.toml --sed 1 --out @new"), 2);
        assert!(desk.read("new/junit.xml").contains("type=\"exit 2\""), "the later one");
        assert_eq!(desk.run("run @bad.toml --sed 1 --out=@other"), 2);
        assert!(!desk.out.contains("::error"), "nobody asked for annotations: {}", desk.out);
        assert!(desk.read("other/junit.xml").contains("type=\"exit 2\""));
        assert_eq!(desk.run("merge @nowhere --out @merged --format github"), 2);
        assert!(desk.out.starts_with("::error title=syncdyno: exit 2::"), "{}", desk.out);
        assert!(!desk.path("merged").exists(), "nothing is there before all cells are");
        let told = std::fs::read_to_string(page).unwrap();
        assert!(told.contains("## syncdyno: exit 3\n") && told.contains("## syncdyno: exit 2\n"), "{told}");
        desk.write("good.toml", crate::record::fixture::TIES);
        assert_eq!(desk.run("run @good.toml --format github --baseline none-such --out @held"), 14);
        assert!(desk.out.contains("::error title=syncdyno: exit 14::"), "{}", desk.out);
        assert!(desk.read("held/junit.xml").contains("type=\"exit 14\""));
        assert_eq!(desk.run("run @good.toml --out @held --progress none"), 0, "{}", desk.err);
        assert_eq!(desk.run("run @bad.toml --out @held"), 3);
        assert!(!desk.read("held/junit.xml").contains("exit 3"), "it is the report of another run");
    }
}
