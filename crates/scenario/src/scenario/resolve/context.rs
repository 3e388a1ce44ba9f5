//! The data that all parts of `resolve` share.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::waits::Waits;
use crate::base::Span;
use crate::config::view::{Mistakes, Names, View};
use crate::config::written::Calendar;
use crate::contract::{Schema, StackDescription};
use crate::net::Profile;
use crate::setup::Attribute;

/// The links of a scenario, by name.
pub(super) type Links<'a> = BTreeMap<&'a str, Arc<Profile>>;

pub(super) struct ResolveContext<'a> {
    pub(super) root: View<'a>,
    pub(super) stacks: &'a [StackDescription],
    pub(super) dir: Option<&'a Path>,
    pub(super) calendar: Calendar,
    pub(super) duration: Span,
    pub(super) schema: Schema,
    pub(super) attributes: Vec<Attribute>,
    pub(super) links: Links<'a>,
    pub(super) mistakes: &'a Mistakes,
    pub(super) named: Named<'a>,
}

/// Names that other keys refer to. Each list is built once, at its first use.
#[derive(Default)]
pub(super) struct Named<'a> {
    pub(super) entities: OnceCell<Names>,
    pub(super) attributes: OnceCell<Names>,
    pub(super) units: OnceCell<Names>,
    pub(super) actions: OnceCell<Names>,
    pub(super) waits: OnceCell<Waits<'a>>,
}
