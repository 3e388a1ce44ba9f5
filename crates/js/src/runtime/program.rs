//! Programs: JavaScript texts that are compiled once per host process.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;

use rquickjs::{Ctx, Module, WriteOptions};

use super::interpreter::{Imports, Interpreter};
use super::raw;
use crate::contract::StackFile;

type Compiled = Result<&'static [u8], Mistake>;

/// The key is the name and the hash of the text. Entries are never removed, because runtimes read
/// the bytecode in place.
static COMPILED: Mutex<BTreeMap<(String, String), Compiled>> = Mutex::new(BTreeMap::new());

/// A module as bytecode.
#[derive(Clone, Copy)]
pub(crate) struct Program(&'static [u8]);

/// A syntax error, and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) what: String,
    /// Line and column, both from 1.
    pub(crate) at: Option<(usize, usize)>,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        self.at.map_or(Ok(()), |(line, column)| write!(f, " at {line}:{column}"))
    }
}

impl Program {
    /// Compiles a file. A file that this process has compiled before is not compiled again.
    pub(crate) fn of_file(file: &StackFile, modules: impl Imports) -> Result<Program, Mistake> {
        compiled(called(&file.path), file.hash(), &file.bytes, modules).map(Program)
    }
    /// Compiles a text of the bench. A text that this process has compiled before is not compiled
    /// again.
    pub(crate) fn of_ours(name: &'static str, text: &str, modules: impl Imports) -> Program {
        let compiled = compiled(name, String::new(), text.as_bytes(), modules);
        Program(compiled.unwrap_or_else(|mistake| panic!("{name}: {mistake}")))
    }
    /// The address of its bytecode. No other program has the same address.
    pub(crate) fn place(self) -> usize {
        self.0.as_ptr().addr()
    }
    pub(crate) fn declare<'js>(self, ctx: &Ctx<'js>) -> rquickjs::Result<Module<'js>> {
        raw::load(ctx, self.0)
    }
}

/// The name of a file in stack traces. Some libraries build texts from stack traces, and longer
/// texts cost more time. So the copy in a report, `1515ffa5-0-app.js`, gets the name of the
/// original file.
fn called(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let parts: Vec<&str> = name.splitn(3, '-').collect();
    match parts[..] {
        [digest, number, file]
            if digest.len() == 8
                && digest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
                && number.parse::<usize>().is_ok()
                && !file.is_empty() =>
        {
            file
        }
        _ => name,
    }
}

fn compiled(name: &str, hash: String, text: &[u8], modules: impl Imports) -> Compiled {
    let key = (name.to_owned(), hash);
    if let Some(compiled) = COMPILED.lock().expect("nobody panics in it").get(&key) {
        return compiled.clone();
    }
    let compiled = compile(name, text, modules);
    COMPILED.lock().expect("nobody panics in it").insert(key, compiled.clone());
    compiled
}

fn compile(name: &str, text: &[u8], modules: impl Imports) -> Compiled {
    let bare = |what: &str| Mistake { what: what.to_owned(), at: None };
    let text = std::str::from_utf8(text).map_err(|_| bare("the file is not UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\0') {
        return Err(bare("the file contains a zero byte"));
    }
    let interpreter = Interpreter::bare(modules).map_err(|fault| bare(&fault.to_string()))?;
    let written = interpreter.turn(|ctx| {
        let module = Module::declare(ctx.clone(), name, text)?;
        module.write(WriteOptions { strip_source: true, ..WriteOptions::default() })
    });
    match written {
        Ok(bytes) => Ok(Box::leak(bytes.into_boxed_slice())),
        Err(fault) => Err(Mistake { at: fault.place_in(name), what: fault.what }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_in_a_report_is_called_as_the_file_itself() {
        for (path, name) in [
            ("run/inputs/1515ffa5-0-bundle.js", "bundle.js"),
            ("1515ffa5-12-my-own-app.js", "my-own-app.js"),
            ("my/app.js", "app.js"),
            ("my-own-app.js", "my-own-app.js"),
            ("1515ffa5-x-app.js", "1515ffa5-x-app.js"),
        ] {
            assert_eq!(called(path), name, "{path}");
        }
    }
}
