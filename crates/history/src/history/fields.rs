//! Finds the fields of a line by name. Errors state what is allowed.

use std::ops::Range;

use super::json::{Field, Json, Node};
use super::recorded::{Values, Wrong};
use super::value;
use crate::base::{Key, Value, Word};
use crate::config::diagnostic::{choices, closest, no_such};
use crate::contract::{Column, Entity};

pub(super) struct Fields<'l, 't> {
    pub(super) span: &'l Range<usize>,
    pub(super) all: &'l [Field<'t>],
}

/// Makes an error for an unknown name. It suggests the closest known names.
pub(super) fn unknown(span: &Range<usize>, what: &str, word: &str, known: &[&str]) -> Wrong {
    let shown: String = word.chars().take(80).collect();
    Wrong::new(span, no_such(what, &shown), choices(word, known).to_string())
}

impl<'l, 't> Fields<'l, 't> {
    pub(super) fn of(node: &'l Node<'t>) -> Result<Fields<'l, 't>, Wrong> {
        match &node.value {
            Json::Table(all) => Ok(Fields { span: &node.span, all }),
            _ => Err(Wrong::misplaced(node, "write an object: { … }")),
        }
    }
    /// Refuses fields that are not in `known`.
    pub(super) fn only(&self, of: &str, known: &[&str]) -> Result<(), Wrong> {
        match self.all.iter().find(|field| !known.contains(&field.name.as_ref())) {
            Some(field) => Err(unknown(&field.span, &format!("field of {of}"), &field.name, known)),
            None => Ok(()),
        }
    }
    /// Refuses fields that are neither in `known` nor part of an event's time.
    pub(super) fn only_timed(&self, of: &str, known: &[&str]) -> Result<(), Wrong> {
        self.only(of, &[known, &TIMES].concat())
    }
    /// The value of a field; `None` if the field is missing or null.
    pub(super) fn get(&self, name: &str) -> Option<&'l Node<'t>> {
        let field = self.all.iter().find(|field| field.name == name)?;
        (!field.node.is_null()).then_some(&field.node)
    }
    pub(super) fn need(&self, name: &str) -> Result<&'l Node<'t>, Wrong> {
        self.get(name).ok_or_else(|| {
            let near = closest(name, self.all.iter().map(|field| field.name.as_ref()));
            let help = match near {
                Some(near) => format!("rename `{near}` if you mean `{name}`"),
                None => format!("add `{name}` to this object"),
            };
            Wrong::new(self.span, format!("`{name}` is missing"), help)
        })
    }
    pub(super) fn text(&self, name: &str) -> Result<Option<(&'l str, &'l Range<usize>)>, Wrong> {
        self.get(name).map(|node| Ok((text(node)?, &node.span))).transpose()
    }
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Wrong> {
        let flag = |node: &Node<'_>| match node.value {
            Json::Bool(is) => Ok(is),
            _ => Err(Wrong::misplaced(node, "write true or false")),
        };
        self.get(name).map(flag).transpose()
    }
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Wrong> {
        let number = |node: &Node<'_>| match node.value {
            Json::Number(text) => text.parse().ok(),
            _ => None,
        };
        let wrong = |node: &Node<'_>| {
            Wrong::new(&node.span, "a whole number is required", "write a whole number of 0 or more")
        };
        self.get(name).map(|node| number(node).ok_or_else(|| wrong(node))).transpose()
    }
    pub(super) fn list(&self, name: &str) -> Result<Option<&'l [Node<'t>]>, Wrong> {
        self.get(name).map(list).transpose()
    }
    /// The value of a field that must be one of the words of `T`.
    pub(super) fn word<T: Word>(&self, name: &str) -> Result<Option<T>, Wrong> {
        let Some((word, span)) = self.text(name)? else { return Ok(None) };
        let wrong = || unknown(span, &format!("value of `{name}`"), word, T::WORDS);
        T::of_word(word).map(Some).ok_or_else(wrong)
    }
}

pub(super) fn list<'l, 't>(node: &'l Node<'t>) -> Result<&'l [Node<'t>], Wrong> {
    match &node.value {
        Json::List(items) => Ok(items),
        _ => Err(Wrong::misplaced(node, "write a list: [ … ]")),
    }
}

pub(super) fn text<'l>(node: &'l Node<'_>) -> Result<&'l str, Wrong> {
    match &node.value {
        Json::Text(text) => Ok(text),
        _ => Err(Wrong::misplaced(node, "write a text in quotes")),
    }
}

/// A key: a non-empty text or a whole number.
pub(super) fn key(node: &Node<'_>) -> Result<Key, Wrong> {
    match &node.value {
        Json::Text(text) if !text.is_empty() => Ok(Key::new(text)),
        Json::Number(text) if text.parse::<i64>().is_ok() => Ok(Key::new(text)),
        Json::Text(_) => Err(Wrong::new(&node.span, "this key is empty", "write a text or a whole number")),
        _ => {
            let title = format!("{} is not a key", node.kind());
            Err(Wrong::new(&node.span, title, "a key is a text or a whole number"))
        }
    }
}

pub(super) struct Columns<'e> {
    pub(super) entity: &'e Entity,
    pub(super) utc_offset: i32,
    /// True if the line may also contain columns that devices do not hold.
    pub(super) of_backend: bool,
}

impl Columns<'_> {
    fn find(&self, field: &Field<'_>) -> Result<(usize, &Column), Wrong> {
        let columns = self.entity.columns.iter().enumerate();
        let mut held = columns.filter(|(at, _)| self.of_backend || self.entity.projection.contains(at));
        held.clone().find(|(_, column)| field.name == column.name).ok_or_else(|| {
            let known: Vec<&str> = held.by_ref().map(|(_, column)| column.name.as_str()).collect();
            unknown(&field.span, &format!("column of `{}`", self.entity.name), &field.name, &known)
        })
    }
    fn value(&self, field: &Field<'_>) -> Result<(usize, Value), Wrong> {
        let (at, column) = self.find(field)?;
        Ok((at, value::of_json(&field.node, &column.kind, self.utc_offset)?))
    }
    /// The values of an object, by column position.
    pub(super) fn values(&self, node: &Node<'_>) -> Result<Values, Wrong> {
        let fields = Fields::of(node)?.all.iter();
        let mut values: Values = fields.map(|field| self.value(field)).collect::<Result<_, _>>()?;
        values.sort_by_key(|(at, _)| *at);
        Ok(values)
    }
    /// Reads a row with its key among its columns. Missing columns are null.
    pub(super) fn row(&self, node: &Node<'_>) -> Result<(Key, Vec<Value>), Wrong> {
        let fields = Fields::of(node)?;
        let key = key(fields.need(&self.entity.key)?)?;
        let others = fields.all.iter().filter(|field| field.name != self.entity.key);
        let values = others.map(|field| self.value(field)).collect::<Result<_, _>>()?;
        Ok((key, self.whole(values)))
    }
    /// Builds a row with all columns of a device or of the backend. Missing columns are null.
    pub(super) fn whole(&self, values: Values) -> Vec<Value> {
        let all = self.entity.columns.len();
        let mut row = vec![Value::Null; all];
        values.into_iter().for_each(|(at, value)| row[at] = value);
        if self.of_backend { row } else { self.entity.project(&row) }
    }
}

pub(super) const KINDS: [&str; 15] = [
    "history",
    "row",
    "edit",
    "sync-start",
    "sync-complete",
    "sync-error",
    "acknowledged",
    "told",
    "shows",
    "waits",
    "commit",
    "backend",
    "app-started",
    "app-killed",
    "end",
];
const TIMES: [&str; 4] = ["at", "not_before", "not_after", "seq"];
