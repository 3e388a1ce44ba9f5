//! Tables of histories, for tests.

/// Reads a table of test cases as pairs of a history and its expected result.
///
/// A case is a history over any number of lines, then `=>`, then the expected result. A line that
/// begins with `&` continues the result. `begin:` sets the start of all histories below it, and
/// `also:` appends to that start. A line that begins with `#` is a comment.
pub fn cases(table: &str) -> Vec<(String, String)> {
    let (mut begin, mut history, mut cases) = (String::new(), String::new(), Vec::<(String, String)>::new());
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(text) = line.strip_prefix("begin:") {
            begin = text.to_owned();
        } else if let Some(text) = line.strip_prefix("also:") {
            begin.push_str(text);
        } else if line.starts_with('&') {
            let (_, told) = cases.last_mut().expect("a case goes on");
            *told = format!("{told} {line}");
        } else if let Some((text, told)) = line.split_once("=>") {
            let history = std::mem::take(&mut history);
            cases.push((format!("{begin} {history} {text}").trim().to_owned(), told.trim().to_owned()));
        } else {
            history = format!("{history} {line}");
        }
    }
    assert!(history.is_empty(), "nothing is held to after {history}");
    cases
}
