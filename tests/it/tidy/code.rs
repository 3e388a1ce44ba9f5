//! Sources as the checks read them: code without comments, texts and tests, the tree of modules,
//! and what a path refers to.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The code of a source: comments and quoted texts are blank, lines stay where they are.
pub(super) fn code(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        let end = match (chars[at], chars.get(at + 1)) {
            ('/', Some('/')) => end_of_line(&chars, at),
            ('/', Some('*')) => end_of_block(&chars, at),
            ('"', _) => end_of_text(&chars, at),
            ('r', Some('"' | '#')) if !part_of_word(&chars, at) => end_of_raw(&chars, at).unwrap_or(at),
            ('\'', _) => end_of_char(&chars, at).unwrap_or(at),
            _ => at,
        };
        if end == at {
            code.push(chars[at]);
            at += 1;
        } else {
            chars[at..end].iter().filter(|c| **c == '\n').for_each(|c| code.push(*c));
            code.push(' ');
            at = end;
        }
    }
    code
}

fn part_of_word(chars: &[char], at: usize) -> bool {
    at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_')
}

fn end_of_line(chars: &[char], at: usize) -> usize {
    chars[at..].iter().position(|c| *c == '\n').map_or(chars.len(), |n| at + n)
}

fn end_of_block(chars: &[char], at: usize) -> usize {
    chars[at + 2..].windows(2).position(|pair| pair == ['*', '/']).map_or(chars.len(), |n| at + n + 4)
}

fn end_of_text(chars: &[char], at: usize) -> usize {
    let mut end = at + 1;
    while end < chars.len() && chars[end] != '"' {
        end += if chars[end] == '\\' { 2 } else { 1 };
    }
    (end + 1).min(chars.len())
}

/// The end of a raw string; `None` if it is the beginning of a name.
fn end_of_raw(chars: &[char], at: usize) -> Option<usize> {
    let marks = chars[at + 1..].iter().take_while(|c| **c == '#').count();
    let open = at + 1 + marks;
    if chars.get(open) != Some(&'"') {
        return None;
    }
    let close: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', marks)).collect();
    let rest = &chars[open + 1..];
    Some(
        rest.windows(close.len())
            .position(|w| w == close)
            .map_or(chars.len(), |n| open + 1 + n + close.len()),
    )
}

/// The end of a character literal; `None` if it is a lifetime.
fn end_of_char(chars: &[char], at: usize) -> Option<usize> {
    if chars.get(at + 1) == Some(&'\\') {
        return chars[at + 3..].iter().position(|c| *c == '\'').map(|n| at + 3 + n + 1);
    }
    (chars.get(at + 2) == Some(&'\'')).then_some(at + 3)
}

/// The words and signs of code, in order; `::` is one sign.
pub(super) fn tokens(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let in_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = if in_word(first) {
            rest.find(|c| !in_word(c)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        if !first.is_whitespace() {
            found.push(&rest[..length]);
        }
        rest = &rest[length..];
    }
    found
}

/// A module: a file, what it declares, and what it uses of others.
#[derive(Default)]
pub(super) struct Module {
    /// Its file.
    pub(super) file: PathBuf,
    /// True if it, or its parent, exists only for tests.
    pub(super) in_tests: bool,
    /// Its children, by name.
    children: BTreeMap<String, usize>,
    parent: Option<usize>,
    /// Its imports, by their local name; glob imports are under `*`.
    imports: BTreeMap<String, Vec<Vec<String>>>,
    /// The paths that it uses, without re-exports.
    named: Vec<Vec<String>>,
    /// The names that it defines.
    defines: BTreeSet<String>,
}

/// All modules of a crate; the first is its root.
pub(super) struct Modules(pub(super) Vec<Module>);

impl Modules {
    /// The modules reachable from the source at `root`.
    pub(super) fn of(root: &Path) -> Modules {
        let mut modules = Modules(Vec::new());
        modules.read(root.to_owned(), None, false);
        modules
    }

    fn read(&mut self, file: PathBuf, parent: Option<usize>, in_tests: bool) -> usize {
        let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let own = self.0.len();
        self.0.push(Module { file: file.clone(), parent, in_tests, ..Module::default() });
        let plain = code(&text);
        for part in parts(&plain, &text).into_iter().chain(listed(&plain, &file)) {
            let under = place(&file, &part);
            let child = self.read(under, Some(own), in_tests || part.in_tests);
            self.0[own].children.insert(part.name, child);
        }
        self.0[own].heed(&tokens(&without_tests(&plain)));
        own
    }

    /// The indices of the modules that a module's code needs.
    pub(super) fn needs(&self, module: usize) -> BTreeSet<usize> {
        let paths = self.0[module].named.iter();
        paths.filter_map(|path| self.resolve(module, path, 0)).filter(|other| *other != module).collect()
    }

    /// The module that defines a name used in a module.
    pub(super) fn home(&self, module: usize, name: &str) -> usize {
        self.imported(module, name, 0).unwrap_or(module)
    }

    /// The module that defines what a path names; `None` if it is outside of the crate.
    fn resolve(&self, from: usize, path: &[String], depth: usize) -> Option<usize> {
        let mut at = from;
        for (nth, name) in path.iter().enumerate() {
            match name.as_str() {
                "crate" => at = 0,
                "self" => {}
                "super" => at = self.0[at].parent?,
                name => match self.0[at].children.get(name) {
                    Some(child) => at = *child,
                    None if nth == 0 => return None,
                    None => return Some(self.imported(at, name, depth).unwrap_or(at)),
                },
            }
        }
        Some(at)
    }

    /// Where a module imports a name from, if it does not define it.
    fn imported(&self, module: usize, name: &str, depth: usize) -> Option<usize> {
        if depth > 8 || self.0[module].defines.contains(name) {
            return None;
        }
        let of = |key: &str| self.0[module].imports.get(key).into_iter().flatten();
        let named = of(name).find_map(|path| self.resolve(module, path, depth + 1));
        named.or_else(|| {
            let globs = of("*").filter_map(|path| self.resolve(module, path, depth + 1));
            globs.into_iter().find_map(|other| {
                let defined = self.0[other].defines.contains(name).then_some(other);
                defined.or_else(|| self.imported(other, name, depth + 1))
            })
        })
    }
}

/// Cuts a source at its first test module: what follows is tests.
pub(super) fn without_tests(code: &str) -> String {
    let mut lines = code.lines().peekable();
    let mut kept = String::new();
    while let Some(line) = lines.next() {
        if line.starts_with("#[cfg(test)]") && lines.peek().is_some_and(|next| next.ends_with('{')) {
            break;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

/// A module that a source declares.
struct Part {
    name: String,
    in_tests: bool,
    /// Its path, if the source has a `path` attribute.
    path: Option<String>,
}

fn parts(code: &str, text: &str) -> Vec<Part> {
    let mut found = Vec::new();
    let (mut in_tests, mut path) = (false, None);
    for (line, raw) in code.lines().zip(text.lines()) {
        let line = line.trim();
        if line.starts_with("#[") {
            in_tests |= line.starts_with("#[cfg(test)]");
            let named = raw.trim().strip_prefix("#[path = \"").and_then(|rest| rest.strip_suffix("\"]"));
            path = named.map(str::to_owned).or(path);
            continue;
        }
        let words: Vec<&str> = line.trim_end_matches(';').split(' ').collect();
        if let (true, Some(at)) = (line.ends_with(';'), words.iter().position(|word| *word == "mod"))
            && (at == 0 || words[0].starts_with("pub"))
        {
            let name = words[at + 1].to_owned();
            found.push(Part { name, in_tests, path: path.take() });
        }
        (in_tests, path) = (false, None);
    }
    found
}

/// The modules that a macro of the source declares: the words of it that have a file.
fn listed(code: &str, file: &Path) -> Vec<Part> {
    if !code.contains("mod $") {
        return Vec::new();
    }
    let names: BTreeSet<&str> = tokens(code).into_iter().collect();
    let part = |name: &str| Part { name: name.to_owned(), in_tests: false, path: None };
    names.into_iter().map(part).filter(|part| place(file, part).exists()).collect()
}

/// The file of a module declared in `file`.
fn place(file: &Path, part: &Part) -> PathBuf {
    let folder = file.parent().expect("a file lies in a folder");
    if let Some(path) = &part.path {
        return folder.join(path);
    }
    let stem = file.file_stem().and_then(|stem| stem.to_str()).expect("a source has a name");
    let inside = if ["mod", "lib", "main"].contains(&stem) { folder.to_owned() } else { folder.join(stem) };
    let flat = inside.join(format!("{}.rs", part.name));
    if flat.exists() { flat } else { inside.join(&part.name).join("mod.rs") }
}

impl Module {
    /// Records the imports, definitions and paths in a module's code.
    fn heed(&mut self, words: &[&str]) {
        let mut at = 0;
        while at < words.len() {
            let before = at.checked_sub(1).map_or("", |n| words[n]);
            match words[at] {
                "struct" | "enum" | "trait" | "fn" | "const" | "static" | "type" | "union" => {
                    self.defines.extend(words.get(at + 1).map(|name| (*name).to_owned()));
                    at += 1;
                }
                "macro_rules" => {
                    self.defines.extend(words.get(at + 2).map(|name| (*name).to_owned()));
                    at += 1;
                }
                "use" => {
                    let hands_on = before == "pub" || before == ")";
                    let (paths, end) = tree(words, at + 1);
                    for (path, name) in paths {
                        if !hands_on {
                            self.named.push(path.clone());
                        }
                        self.imports.entry(name).or_default().push(path);
                    }
                    at = end.max(at + 1);
                }
                word if !["::", "."].contains(&before) && words.get(at + 1) == Some(&"::") => {
                    let (paths, end) = tree(words, at);
                    let begins =
                        ["crate", "self", "super"].contains(&word) || self.children.contains_key(word);
                    if begins {
                        self.named.extend(paths.into_iter().map(|(path, _)| path));
                    }
                    at = end.max(at + 1);
                }
                _ => at += 1,
            }
        }
    }
}

/// The paths of a tree of imports, or of a single path, each with its local name; and where it
/// ends.
fn tree(words: &[&str], from: usize) -> (Vec<(Vec<String>, String)>, usize) {
    let mut path: Vec<String> = Vec::new();
    let mut at = from;
    loop {
        match words.get(at) {
            Some(&"{") => {
                let mut all = Vec::new();
                at += 1;
                while words.get(at).is_some_and(|word| *word != "}") {
                    let (inner, end) = tree(words, at);
                    all.extend(inner.into_iter().map(|(rest, name)| {
                        let whole: Vec<String> = path.iter().cloned().chain(rest).collect();
                        let own = if name == "self" { whole[whole.len() - 2].clone() } else { name };
                        (whole, own)
                    }));
                    at = end.max(at + 1);
                    if words.get(at) == Some(&",") {
                        at += 1;
                    }
                }
                return (all, at + 1);
            }
            Some(&"*") if !path.is_empty() => return (vec![(path, "*".to_owned())], at + 1),
            Some(word) if word.chars().all(|c| c.is_alphanumeric() || c == '_') => {
                path.push((*word).to_owned());
                at += 1;
                if words.get(at) == Some(&"::") {
                    at += 1;
                    continue;
                }
                let name = if words.get(at) == Some(&"as") {
                    at += 2;
                    words[at - 1].to_owned()
                } else {
                    (*word).to_owned()
                };
                // `self` at the end of a tree names the module itself.
                if name == "self" && path.len() > 1 {
                    path.pop();
                    let name = path[path.len() - 1].clone();
                    return (vec![(path, name)], at);
                }
                return (vec![(path, name)], at);
            }
            _ => return (Vec::new(), at),
        }
    }
}
