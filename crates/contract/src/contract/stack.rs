//! A sync stack: what runs on phones and what answers it, brought to the bench as one.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use super::device::EngineFactory;
use super::passport::{Capabilities, Combine, Need, Passport};
use super::schema::{Column, Entity};
use super::server::{ServerPorts, ServerSetup, SyncServer};
use crate::base::Span;

/// Makes the half that runs on phones; called on the thread that runs the cell.
pub type MakeEngine = Arc<dyn Fn(&Chosen) -> Rc<dyn EngineFactory> + Send + Sync>;
/// Makes the half that answers them: once for each process, as the world begins and after a kill.
pub type MakeServer = Arc<dyn Fn(&Chosen, ServerSetup, ServerPorts) -> Box<dyn SyncServer> + Send + Sync>;

/// Says what is wrong with these options, beyond the form of each.
pub type FitsBy = Arc<dyn Fn(&Chosen) -> Result<(), Misfit> + Send + Sync>;
/// What a stack does not support with these options.
pub type LackBy = Arc<dyn Fn(&Chosen) -> Vec<Need> + Send + Sync>;
/// The rule of a column whose values are combined; none of any other.
pub type CombineBy = Arc<dyn Fn(&Chosen, &Entity, &Column) -> Option<Combine> + Send + Sync>;

/// A sync stack of somebody's own.
#[derive(Clone)]
#[non_exhaustive]
pub struct Stack {
    /// What scenarios call it: `engine.name`.
    pub name: String,
    pub engine: MakeEngine,
    /// The half that answers them; a stack without one cannot be run.
    pub server: Option<MakeServer>,
    /// What a scenario may choose of it, in `[engine.options]`.
    pub options: Vec<StackOption>,
    /// Named places at which chaos and events may kill its apps: those that it passes
    /// ([`CrashPoints`](super::device::CrashPoints)).
    pub crash_points: Vec<String>,
    /// What is wrong with these options: asked as a scenario is read, before all else.
    pub fits: FitsBy,
    /// What the oracle may ask of it, with these options.
    pub capabilities: Arc<dyn Fn(&Chosen) -> Capabilities + Send + Sync>,
    /// What it does not support, with these options: a scenario that needs it is not run.
    pub lacks: LackBy,
    /// By which rule the values of a column are combined, with these options: asked of stacks that
    /// promise [`Merge::Combines`](super::Merge::Combines).
    pub combine: CombineBy,
    /// No run of a unit that goes on says nothing for longer than this, with these options: the
    /// oracle holds one that does to have hung. Nor does one wait for longer that is to begin, if
    /// the stack is [`prompt`](Capabilities::prompt).
    pub patience: Arc<dyn Fn(&Chosen) -> Span + Send + Sync>,
    /// So many requests of a sync may bring nothing.
    pub requests: u32,
}

/// How long a run may say nothing, where a stack does not say.
const PATIENCE: Span = Span::secs(60);
/// Of a stack that says nothing of its requests.
const REQUESTS: u32 = 16;

/// Something that a scenario may choose of a stack.
#[derive(Clone, Debug)]
pub struct StackOption {
    /// Its key in `[engine.options]`.
    pub name: String,
    pub form: OptionForm,
    /// What it is where nothing is chosen.
    pub preset: Choice,
    pub about: String,
}

/// What an option may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionForm {
    Flag,
    /// A whole number, both ends included.
    Int {
        min: i64,
        max: i64,
    },
    /// A length of time, both ends included.
    Span {
        min: Span,
        max: Span,
    },
    /// One of these.
    Word(Vec<String>),
    /// Any text.
    Text,
    /// A file by its path from where the scenario lies, of 64 MiB at most: a bundle of code.
    File,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    Flag(bool),
    Int(i64),
    Span(Span),
    /// A word of several, or any text.
    Text(String),
    /// A file, if one is named.
    File(Option<StackFile>),
}

/// A file that a scenario chose, as it was when the run was planned.
#[derive(Clone, PartialEq, Eq)]
pub struct StackFile {
    /// Its path as it is written.
    pub path: String,
    pub bytes: Arc<[u8]>,
}

impl StackFile {
    /// Of its bytes, in hexadecimal: of two runs with one hash it had the same content.
    pub fn hash(&self) -> String {
        format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&self.bytes))
    }
}

impl fmt::Debug for StackFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes, {})", self.path, self.bytes.len(), self.hash())
    }
}

/// What is wrong with an option, though it has the right form: a file that holds no such thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    pub option: String,
    pub title: String,
    /// What to do about it.
    pub help: String,
    /// Where in the file that was chosen: line and column, both from 1, the column in characters.
    pub at: Option<(usize, usize)>,
}

/// The options of a stack as a scenario has chosen them, checked and complete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen(BTreeMap<String, Choice>);

/// What is known of a stack before anything is run.
#[derive(Clone)]
pub struct Described {
    pub name: String,
    /// Its options are a scenario's own tables, `engine`, `store` and `gateway`; any other's are
    /// in `[engine.options]`.
    pub is_builtin: bool,
    pub has_server: bool,
    pub options: Vec<StackOption>,
    pub fits: FitsBy,
    /// Where its apps may be killed; any name is taken if there are none.
    pub crash_points: Vec<String>,
}

impl Described {
    /// The built-in stack by this name, whose crash points are not known.
    pub fn builtin(name: &str) -> Described {
        let (options, crash_points) = (Vec::new(), Vec::new());
        let fits: FitsBy = Arc::new(|_| Ok(()));
        Described { name: name.to_owned(), is_builtin: true, has_server: true, options, fits, crash_points }
    }
}

impl fmt::Debug for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Described").field("name", &self.name).field("options", &self.options).finish()
    }
}

impl StackOption {
    /// One by this name in `[engine.options]`, of this form, with what it is where nothing is
    /// chosen.
    pub fn new(name: &str, form: OptionForm, preset: Choice, about: &str) -> StackOption {
        StackOption { name: name.to_owned(), form, preset, about: about.to_owned() }
    }
}

impl Stack {
    /// One that promises nothing yet, with the half that runs on phones.
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
    #[must_use]
    pub fn named(self, name: &str) -> Stack {
        Stack { name: name.to_owned(), ..self }
    }
    /// With the half that runs on phones made so.
    #[must_use]
    pub fn engine(self, make: impl Fn(&Chosen) -> Rc<dyn EngineFactory> + Send + Sync + 'static) -> Stack {
        Stack { engine: Arc::new(make), ..self }
    }
    /// With the half that answers phones.
    #[must_use]
    pub fn server(
        self,
        make: impl Fn(&Chosen, ServerSetup, ServerPorts) -> Box<dyn SyncServer> + Send + Sync + 'static,
    ) -> Stack {
        Stack { server: Some(Arc::new(make)), ..self }
    }
    /// With one more option.
    #[must_use]
    pub fn option(mut self, option: StackOption) -> Stack {
        self.options.push(option);
        self
    }
    /// With a look at what was chosen, before anything is run.
    #[must_use]
    pub fn fits(self, by: impl Fn(&Chosen) -> Result<(), Misfit> + Send + Sync + 'static) -> Stack {
        Stack { fits: Arc::new(by), ..self }
    }
    #[must_use]
    pub fn crash_points(self, points: &[&str]) -> Stack {
        Stack { crash_points: points.iter().map(|point| (*point).to_owned()).collect(), ..self }
    }
    /// Held to what it promises, whatever is chosen.
    #[must_use]
    pub fn promises(self, capabilities: Capabilities) -> Stack {
        self.promises_by(move |_| capabilities)
    }
    /// Held to what it promises with these options.
    #[must_use]
    pub fn promises_by(self, by: impl Fn(&Chosen) -> Capabilities + Send + Sync + 'static) -> Stack {
        Stack { capabilities: Arc::new(by), ..self }
    }
    /// Without support for these: a scenario that needs one of them is reported, and not run.
    #[must_use]
    pub fn lacks(self, needs: &[Need]) -> Stack {
        let needs = needs.to_vec();
        self.lacks_by(move |_| needs.clone())
    }
    /// Without support for these, with these options.
    #[must_use]
    pub fn lacks_by(self, by: impl Fn(&Chosen) -> Vec<Need> + Send + Sync + 'static) -> Stack {
        Stack { lacks: Arc::new(by), ..self }
    }
    /// What it is held to with these options, and what it does not support.
    pub fn passport(&self, chosen: &Chosen) -> Passport {
        Passport { lacks: (self.lacks)(chosen), ..Passport::new((self.capabilities)(chosen)) }
    }
    /// Combines the values of columns by these rules, if it promises
    /// [`Merge::Combines`](super::Merge::Combines).
    #[must_use]
    pub fn combines(self, by: impl Fn(&Entity, &Column) -> Option<Combine> + Send + Sync + 'static) -> Stack {
        Stack { combine: Arc::new(move |_, entity, column| by(entity, column)), ..self }
    }
    /// No run says nothing for longer than this, with these options.
    #[must_use]
    pub fn patience(self, by: impl Fn(&Chosen) -> Span + Send + Sync + 'static) -> Stack {
        Stack { patience: Arc::new(by), ..self }
    }
    /// A sync that brings nothing makes so many requests at most; 16 if nothing is said. More of
    /// them than something asks for are a `request-storm`.
    #[must_use]
    pub fn requests_a_run(self, requests: u32) -> Stack {
        Stack { requests, ..self }
    }
    pub fn described(&self) -> Described {
        Described {
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
    /// What holds where nothing is chosen.
    pub fn presets(options: &[StackOption]) -> Chosen {
        Chosen(options.iter().map(|option| (option.name.clone(), option.preset.clone())).collect())
    }
    pub fn set(&mut self, option: &str, choice: Choice) {
        self.0.insert(option.to_owned(), choice);
    }
    /// What holds for an option, whatever its form; none if the stack has no such option.
    pub fn get(&self, option: &str) -> Option<&Choice> {
        self.0.get(option)
    }
    /// A flag; false if the stack has no such option.
    pub fn flag(&self, option: &str) -> bool {
        matches!(self.0.get(option), Some(Choice::Flag(true)))
    }
    /// A whole number; 0 if the stack has no such option.
    pub fn int(&self, option: &str) -> i64 {
        match self.0.get(option) {
            Some(Choice::Int(n)) => *n,
            _ => 0,
        }
    }
    /// A length of time; none if the stack has no such option.
    pub fn span(&self, option: &str) -> Span {
        match self.0.get(option) {
            Some(Choice::Span(span)) => *span,
            _ => Span::ZERO,
        }
    }
    /// A file; none if the scenario names none, or the stack has no such option.
    pub fn file(&self, option: &str) -> Option<&StackFile> {
        match self.0.get(option) {
            Some(Choice::File(file)) => file.as_ref(),
            _ => None,
        }
    }
    /// All files that were chosen, by option.
    pub fn files(&self) -> impl Iterator<Item = (&str, &StackFile)> {
        self.0.iter().filter_map(|(option, choice)| match choice {
            Choice::File(Some(file)) => Some((option.as_str(), file)),
            _ => None,
        })
    }
    /// A word or a text; empty if the stack has no such option.
    pub fn text(&self, option: &str) -> &str {
        match self.0.get(option) {
            Some(Choice::Text(text)) => text,
            _ => "",
        }
    }
}
