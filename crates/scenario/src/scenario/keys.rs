//! Writes the grammar as a JSON Schema for editors.

use std::collections::BTreeMap;

use schemars::Schema;
use serde_json::{Value as Json, json};

use super::check::join;
use super::explained::explained;
use super::grammar::ROOT;
use crate::config::form::{Form, Key, Preset};
use crate::config::tree::parse_value;
use crate::contract::{Choice, OptionForm, StackDescription, StackOption};

/// The JSON Schema of scenario files, with the options of these stacks.
pub fn schema_json(stacks: &[StackDescription]) -> String {
    let mut root = describe(&ROOT, "");
    let options = options_of(stacks);
    if let (Some(place), false) = (root.pointer_mut(ENGINE_OPTIONS), options.is_empty()) {
        place["properties"] = Json::Object(options);
        place["additionalProperties"] = json!(false);
    }
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    root["title"] = json!("syncdyno scenario");
    // `Schema` sorts the keys.
    let schema = Schema::try_from(root).expect("a table is a schema");
    serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n"
}

const ENGINE_OPTIONS: &str = "/properties/engine/properties/options";

/// The options of all stacks, by key. If several stacks have a key, the schema accepts the forms of
/// all.
fn options_of(stacks: &[StackDescription]) -> serde_json::Map<String, Json> {
    let mut forms: BTreeMap<&str, Vec<Json>> = BTreeMap::new();
    for stack in stacks {
        for option in &stack.options {
            let mut form = match &option.form {
                OptionForm::Flag => json!({ "type": "boolean" }),
                OptionForm::Int { min, max } => {
                    json!({ "type": "integer", "minimum": min, "maximum": max })
                }
                OptionForm::Span { .. } | OptionForm::Text | OptionForm::File => json!({ "type": "string" }),
                OptionForm::Word(words) => json!({ "enum": words }),
            };
            let StackOption { about, form: takes, .. } = option;
            form["description"] = json!(format!("Of `{}`: {about} It takes {takes}.", stack.name));
            form["default"] = match &option.preset {
                Choice::Flag(flag) => json!(flag),
                Choice::Int(n) => json!(n),
                Choice::Span(span) => json!(span.to_string()),
                Choice::Text(text) => json!(text),
                Choice::File(_) => Json::Null,
            };
            forms.entry(&option.name).or_default().push(form);
        }
    }
    let one = |(name, mut forms): (&str, Vec<Json>)| {
        let form = if forms.len() == 1 { forms.remove(0) } else { json!({ "anyOf": forms }) };
        (name.to_owned(), form)
    };
    forms.into_iter().map(one).collect()
}

fn describe(form: &Form, path: &str) -> Json {
    match form {
        Form::Text => json!({ "type": "string" }),
        Form::Bool => json!({ "type": "boolean" }),
        Form::Int { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Form::Decimal { max } => json!({ "type": "number", "minimum": 0, "maximum": max }),
        Form::Size { .. } | Form::Share | Form::Figure => {
            json!({ "type": ["string", "number"], "description": form.want() })
        }
        Form::Span { .. } | Form::Rate | Form::Written(_) => {
            json!({ "type": "string", "description": form.want() })
        }
        Form::Word(words) => json!({ "enum": words }),
        Form::List(item) => {
            let item = describe(item, path);
            json!({ "anyOf": [{ "type": "array", "items": item }, item] })
        }
        Form::Values { max } => {
            let count = json!({ "type": "integer", "minimum": 1, "maximum": max });
            let names = json!({ "type": "array", "items": { "type": "string" }, "minItems": 1 });
            json!({ "anyOf": [count, names], "description": form.want() })
        }
        Form::Shares(_) => {
            let shares = json!({ "type": "object", "additionalProperties": describe(&Form::Share, path) });
            json!({ "anyOf": [{ "type": "string" }, shares], "description": form.want() })
        }
        Form::Table { keys, kinds } => {
            let mut table = properties(keys.iter().chain(*kinds), path);
            table["additionalProperties"] = json!(false);
            let needed: Vec<&str> =
                keys.iter().filter(|k| matches!(k.preset, Preset::Required)).map(|k| k.name).collect();
            if !needed.is_empty() {
                table["required"] = json!(needed);
            }
            if !kinds.is_empty() {
                let one = |k: &Key| json!({ "required": [k.name] });
                table["oneOf"] = kinds.iter().map(one).collect();
            }
            table
        }
        Form::Named { of, .. } => {
            json!({ "type": "object", "additionalProperties": describe(of, &join(path, "NAME")) })
        }
        Form::Map { keys, rest, .. } => {
            let mut table = properties(keys.iter(), path);
            table["additionalProperties"] = describe(rest, path);
            table
        }
        Form::Either { plain, table } => json!({ "anyOf": [describe(plain, path), describe(table, path)] }),
        Form::Bound => {
            let figure = describe(&Form::Figure, path);
            let ends = json!({ "min": figure, "max": figure });
            json!({ "anyOf": [figure, { "type": "object", "properties": ends, "additionalProperties": false }] })
        }
        Form::Any => json!(true),
    }
}

fn properties<'k>(keys: impl Iterator<Item = &'k Key>, path: &str) -> Json {
    let mut properties = serde_json::Map::new();
    for key in keys {
        let path = join(path, key.name);
        let mut described = describe(&key.form, &path);
        let mut about = key.about.to_owned();
        about.extend(described["description"].as_str().map(|form| format!(" It takes {form}.")));
        let meanings = explained(&path).unwrap_or_default();
        about.extend(meanings.iter().map(|(word, meaning)| format!(" `{word}`: {meaning}.")));
        described["description"] = json!(about);
        if let Some(default) = key.preset.text().and_then(|text| plain_default(&text)) {
            described["default"] = default;
        }
        properties.insert(key.name.to_owned(), described);
    }
    json!({ "type": "object", "properties": properties })
}

/// A default that is a single value. The keys of a table have their own defaults.
fn plain_default(text: &str) -> Option<Json> {
    let source = super::Source::new("default", text);
    let node = parse_value(&source, 0, crate::config::tree::Via::Default).ok()?;
    if node.table().is_some() { None } else { serde_json::to_value(node.to_toml()).ok() }
}
