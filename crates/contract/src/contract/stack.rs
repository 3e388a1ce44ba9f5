//! A sync stack: the phone's half and the server's half, registered with the bench together.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use super::device::EngineFactory;
use super::passport::{Capabilities, Combine, Need, Passport};
use super::schema::{Column, Entity};
use super::server::{ServerPorts, ServerSetup, SyncServer};
use crate::base::Span;

/// Makes the phone's half. It is called on the thread that runs the cell (one simulation).
pub type MakeEngine = Arc<dyn Fn(&Chosen) -> Rc<dyn EngineFactory> + Send + Sync>;
/// Makes the server's half. It is called for each server process: at the start and after each kill.
pub type MakeServer = Arc<dyn Fn(&Chosen, ServerSetup, ServerPorts) -> Box<dyn SyncServer> + Send + Sync>;

/// Checks the chosen options together. The form of each option is already checked.
pub type FitsBy = Arc<dyn Fn(&Chosen) -> Result<(), OptionError> + Send + Sync>;
/// The features that a stack does not support with these options.
pub type LackBy = Arc<dyn Fn(&Chosen) -> Vec<Need> + Send + Sync>;
/// The rule of a column whose values are combined; `None` for any other column.
pub type CombineBy = Arc<dyn Fn(&Chosen, &Entity, &Column) -> Option<Combine> + Send + Sync>;

/// A third-party sync stack.
#[derive(Clone)]
#[non_exhaustive]
pub struct Stack {
    /// Its name in scenarios: `engine.name`.
    pub name: String,
    /// Makes the device's half.
    pub engine: MakeEngine,
    /// The server's half; a stack without one cannot be run.
    pub server: Option<MakeServer>,
    /// The options that a scenario may set in `[engine.options]`.
    pub options: Vec<StackOption>,
    /// The crash points that its apps pass. Chaos and scripted events may kill the app there
    /// ([`CrashPoints`](super::device::CrashPoints)).
    pub crash_points: Vec<String>,
    /// Checks the chosen options. It is called when a scenario is read, before anything else.
    pub fits: FitsBy,
    /// The promises that the oracle may check, with these options.
    pub capabilities: Arc<dyn Fn(&Chosen) -> Capabilities + Send + Sync>,
    /// The features that it does not support, with these options. A scenario that needs one is not
    /// run.
    pub lacks: LackBy,
    /// The rule that combines a column's values, with these options. Called only for stacks that
    /// promise [`Merge::Combines`](super::Merge::Combines).
    pub combine: CombineBy,
    /// The longest time for which a run may report nothing, with these options. The oracle counts a
    /// longer silence as a hang. If the stack promises [`prompt`](Capabilities::prompt), a due run
    /// also starts within this time.
    pub patience: Arc<dyn Fn(&Chosen) -> Span + Send + Sync>,
    /// The maximum number of requests of a sync that has nothing to send or receive.
    pub requests: u32,
}

/// The default of [`Stack::patience`].
const PATIENCE: Span = Span::secs(60);
/// The default of [`Stack::requests`].
const REQUESTS: u32 = 16;

/// An option of a stack that a scenario may choose.
#[derive(Clone, Debug)]
pub struct StackOption {
    /// Its key in `[engine.options]`.
    pub name: String,
    /// The values that the option allows.
    pub form: OptionForm,
    /// Its default value.
    pub preset: Choice,
    /// The help text of the option.
    pub about: String,
}

/// The form of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionForm {
    /// `true` or `false`.
    Flag,
    /// A whole number from `min` to `max`.
    Int {
        /// The least value.
        min: i64,
        /// The greatest value.
        max: i64,
    },
    /// A length of time from `min` to `max`.
    Span {
        /// The shortest time.
        min: Span,
        /// The longest time.
        max: Span,
    },
    /// One of these words.
    Word(Vec<String>),
    /// Any text.
    Text,
    /// A file of at most 64 MiB, by its path relative to the scenario: a bundle of code.
    File,
}

/// The value of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A flag.
    Flag(bool),
    /// A whole number.
    Int(i64),
    /// A length of time.
    Span(Span),
    /// A word of [`OptionForm::Word`], or any text.
    Text(String),
    /// A file, if one is named.
    File(Option<StackFile>),
}

/// A file that a scenario names, with its content at the time when the run was planned.
#[derive(Clone, PartialEq, Eq)]
pub struct StackFile {
    /// The path that the scenario contains.
    pub path: String,
    /// The contents of the file.
    pub bytes: Arc<[u8]>,
}

impl StackFile {
    /// A hash of its content, in hexadecimal; equal hashes in two runs mean equal content.
    pub fn hash(&self) -> String {
        format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&self.bytes))
    }
}

impl fmt::Debug for StackFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes, {})", self.path, self.bytes.len(), self.hash())
    }
}

/// What is wrong with an option that has the right form. For instance, a file has invalid content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionError {
    /// The option that does not fit.
    pub option: String,
    /// What is wrong, in one sentence.
    pub title: String,
    /// What to do about it.
    pub help: String,
    /// The place in the chosen file: line and column, both from 1. The column counts characters.
    pub at: Option<(usize, usize)>,
}

/// The values of a stack's options in a scenario, checked and complete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen(BTreeMap<String, Choice>);

/// The facts about a stack that are known before a run.
#[derive(Clone)]
pub struct StackDescription {
    /// The stack's name in scenarios.
    pub name: String,
    /// True if its options are the scenario tables `engine`, `store` and `gateway`. Other stacks
    /// have their options in `[engine.options]`.
    pub is_builtin: bool,
    /// True if the stack has a server's half.
    pub has_server: bool,
    /// The stack's options.
    pub options: Vec<StackOption>,
    /// Checks the chosen options.
    pub fits: FitsBy,
    /// Its crash points; if empty, any name is accepted.
    pub crash_points: Vec<String>,
}

impl StackDescription {
    /// The built-in stack with this name; its crash points are not known here.
    pub fn builtin(name: &str) -> StackDescription {
        let (options, crash_points) = (Vec::new(), Vec::new());
        let fits: FitsBy = Arc::new(|_| Ok(()));
        StackDescription {
            name: name.to_owned(),
            is_builtin: true,
            has_server: true,
            options,
            fits,
            crash_points,
        }
    }
}

impl fmt::Debug for StackDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StackDescription").field("name", &self.name).field("options", &self.options).finish()
    }
}

impl StackOption {
    /// An option `name` in `[engine.options]`, of this form, with its default and description.
    pub fn new(name: &str, form: OptionForm, preset: Choice, about: &str) -> StackOption {
        StackOption { name: name.to_owned(), form, preset, about: about.to_owned() }
    }
}

impl Stack {
    /// A stack with this phone's half. It has no server's half and no promises yet.
    pub fn new(
        name: &str,
        engine: impl Fn(&Chosen) -> Rc<dyn EngineFactory> + Send + Sync + 'static,
    ) -> Stack {
        Stack {
            name: name.to_owned(),
            engine: Arc::new(engine),
            server: None,
            options: Vec::new(),
            crash_points: Vec::new(),
            fits: Arc::new(|_| Ok(())),
            capabilities: Arc::new(|_| Capabilities::NONE),
            lacks: Arc::new(|_| Vec::new()),
            combine: Arc::new(|_, _, _| None),
            patience: Arc::new(|_| PATIENCE),
            requests: REQUESTS,
        }
    }
    /// Renames the stack.
    #[must_use]
    pub fn named(self, name: &str) -> Stack {
        Stack { name: name.to_owned(), ..self }
    }
    /// Replaces the phone's half.
    #[must_use]
    pub fn engine(self, make: impl Fn(&Chosen) -> Rc<dyn EngineFactory> + Send + Sync + 'static) -> Stack {
        Stack { engine: Arc::new(make), ..self }
    }
    /// Sets the server's half.
    #[must_use]
    pub fn server(
        self,
        make: impl Fn(&Chosen, ServerSetup, ServerPorts) -> Box<dyn SyncServer> + Send + Sync + 'static,
    ) -> Stack {
        Stack { server: Some(Arc::new(make)), ..self }
    }
    /// Adds an option.
    #[must_use]
    pub fn option(mut self, option: StackOption) -> Stack {
        self.options.push(option);
        self
    }
    /// Sets a check of the chosen options, before anything is run.
    #[must_use]
    pub fn fits(self, by: impl Fn(&Chosen) -> Result<(), OptionError> + Send + Sync + 'static) -> Stack {
        Stack { fits: Arc::new(by), ..self }
    }
    /// Names the crash points of both halves.
    #[must_use]
    pub fn crash_points(self, points: &[&str]) -> Stack {
        Stack { crash_points: points.iter().map(|point| (*point).to_owned()).collect(), ..self }
    }
    /// Promises these capabilities, whatever options are chosen.
    #[must_use]
    pub fn promises(self, capabilities: Capabilities) -> Stack {
        self.promises_by(move |_| capabilities)
    }
    /// Promises the capabilities that this function returns for the chosen options.
    #[must_use]
    pub fn promises_by(self, by: impl Fn(&Chosen) -> Capabilities + Send + Sync + 'static) -> Stack {
        Stack { capabilities: Arc::new(by), ..self }
    }
    /// Does not support these features. A scenario that needs one of them is reported and not run.
    #[must_use]
    pub fn lacks(self, needs: &[Need]) -> Stack {
        let needs = needs.to_vec();
        self.lacks_by(move |_| needs.clone())
    }
    /// Does not support the features that this function returns for the chosen options.
    #[must_use]
    pub fn lacks_by(self, by: impl Fn(&Chosen) -> Vec<Need> + Send + Sync + 'static) -> Stack {
        Stack { lacks: Arc::new(by), ..self }
    }
    /// The promises and missing features of the stack, with these options.
    pub fn passport(&self, chosen: &Chosen) -> Passport {
        Passport { lacks: (self.lacks)(chosen), ..Passport::new((self.capabilities)(chosen)) }
    }
    /// Combines the values of columns by these rules, for a stack that promises
    /// [`Merge::Combines`](super::Merge::Combines).
    #[must_use]
    pub fn combines(self, by: impl Fn(&Entity, &Column) -> Option<Combine> + Send + Sync + 'static) -> Stack {
        Stack { combine: Arc::new(move |_, entity, column| by(entity, column)), ..self }
    }
    /// Sets how long a run may report nothing, for the chosen options.
    #[must_use]
    pub fn patience(self, by: impl Fn(&Chosen) -> Span + Send + Sync + 'static) -> Stack {
        Stack { patience: Arc::new(by), ..self }
    }
    /// Sets the maximum number of requests of a sync that has nothing to send or receive; 16 by
    /// default. More requests are reported as a `request-storm`.
    #[must_use]
    pub fn requests_a_run(self, requests: u32) -> Stack {
        Stack { requests, ..self }
    }
    /// The description of the stack, known before a run.
    pub fn described(&self) -> StackDescription {
        StackDescription {
            name: self.name.clone(),
            is_builtin: false,
            has_server: self.server.is_some(),
            options: self.options.clone(),
            fits: self.fits.clone(),
            crash_points: self.crash_points.clone(),
        }
    }
}

impl fmt::Display for OptionForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OptionForm::Flag => f.write_str("true or false"),
            OptionForm::Int { min, max } => write!(f, "a whole number from {min} to {max}"),
            OptionForm::Span { min, max } => {
                write!(f, "a length of time from {min} to {max}, such as \"{min}\"")
            }
            OptionForm::Text => f.write_str("a text"),
            OptionForm::File => f.write_str("the path of a file"),
            OptionForm::Word(words) => write!(f, "one of \"{}\"", words.join("\", \"")),
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Choice::Flag(flag) => write!(f, "{flag}"),
            Choice::Int(n) => write!(f, "{n}"),
            Choice::Span(span) => write!(f, "\"{span}\""),
            Choice::Text(text) => write!(f, "{text:?}"),
            Choice::File(Some(file)) => write!(f, "{:?}", file.path),
            Choice::File(None) => f.write_str("no file"),
        }
    }
}

impl Chosen {
    /// The defaults of these options.
    pub fn presets(options: &[StackOption]) -> Chosen {
        Chosen(options.iter().map(|option| (option.name.clone(), option.preset.clone())).collect())
    }
    /// Sets the value of an option.
    pub fn set(&mut self, option: &str, choice: Choice) {
        self.0.insert(option.to_owned(), choice);
    }
    /// The value of an option, whatever its form; `None` if the stack has no such option.
    pub fn get(&self, option: &str) -> Option<&Choice> {
        self.0.get(option)
    }
    /// A flag; false if the stack has no such option.
    pub fn flag(&self, option: &str) -> bool {
        matches!(self.0.get(option), Some(Choice::Flag(true)))
    }
    /// A whole number; 0 if the stack has no such option.
    pub fn int(&self, option: &str) -> i64 {
        if let Some(Choice::Int(n)) = self.0.get(option) { *n } else { 0 }
    }
    /// A length of time; zero if the stack has no such option.
    pub fn span(&self, option: &str) -> Span {
        if let Some(Choice::Span(span)) = self.0.get(option) { *span } else { Span::ZERO }
    }
    /// A file; `None` if the scenario names none, or the stack has no such option.
    pub fn file(&self, option: &str) -> Option<&StackFile> {
        if let Some(Choice::File(file)) = self.0.get(option) { file.as_ref() } else { None }
    }
    /// All chosen files, with their options.
    pub fn files(&self) -> impl Iterator<Item = (&str, &StackFile)> {
        self.0.iter().filter_map(|(option, choice)| match choice {
            Choice::File(Some(file)) => Some((option.as_str(), file)),
            _ => None,
        })
    }
    /// A word or a text; empty if the stack has no such option.
    pub fn text(&self, option: &str) -> &str {
        if let Some(Choice::Text(text)) = self.0.get(option) { text } else { "" }
    }
}
