//! The grammar written down: as a JSON Schema for editors, as a list of keys for people.

use std::collections::BTreeMap;
use std::fmt::Write;

use schemars::{Schema, json_schema};
use serde_json::{Value as Json, json};

use super::check::join;
use super::form::{Form, Key, Preset};
use super::grammar::ROOT;
use super::tree::parse_value;
use crate::contract::{Choice, Described, OptionForm, StackOption};

/// The JSON Schema of scenario files that may ask for these stacks. The options of those that are
/// not built in are known by name; anything may be chosen where there are none.
pub fn schema_json(stacks: &[Described]) -> String {
    let mut schema = json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "syncdyno scenario",
    });
    let mut root = describe(&ROOT);
    let options = options_of(stacks);
    if let (Some(place), false) = (root.pointer_mut(ENGINE_OPTIONS), options.is_empty()) {
        place["properties"] = Json::Object(options);
        place["additionalProperties"] = json!(false);
    }
    if let Json::Object(root) = root {
        root.into_iter().for_each(|(key, value)| {
            schema.insert(key, value);
        });
    }
    print(&schema)
}

/// Where the options of stacks are described.
const ENGINE_OPTIONS: &str = "/properties/engine/properties/options";

/// What may be chosen of stacks, by key; where several have a key it is any of what they take.
fn options_of(stacks: &[Described]) -> serde_json::Map<String, Json> {
    let mut forms: BTreeMap<&str, Vec<Json>> = BTreeMap::new();
    for stack in stacks {
        for option in stack.options {
            let mut form = match option.form {
                OptionForm::Flag => json!({ "type": "boolean" }),
                OptionForm::Int { min, max } => {
                    json!({ "type": "integer", "minimum": min, "maximum": max })
                }
                OptionForm::Span { .. } => json!({ "type": "string" }),
                OptionForm::Word(words) => json!({ "enum": words }),
            };
            let StackOption { about, form: takes, .. } = option;
            form["description"] = json!(format!("Of `{}`: {about} It takes {takes}.", stack.name));
            form["default"] = match option.preset {
                Choice::Flag(flag) => json!(flag),
                Choice::Int(n) => json!(n),
                Choice::Span(span) => json!(span.to_string()),
                Choice::Word(word) => json!(word),
            };
            forms.entry(option.name).or_default().push(form);
        }
    }
    let one = |(name, mut forms): (&str, Vec<Json>)| {
        let form = if forms.len() == 1 { forms.remove(0) } else { json!({ "anyOf": forms }) };
        (name.to_owned(), form)
    };
    forms.into_iter().map(one).collect()
}

fn print(schema: &Schema) -> String {
    match serde_json::to_string_pretty(schema) {
        Ok(text) => text + "\n",
        Err(e) => panic!("a schema is JSON: {e}"),
    }
}

fn describe(form: &Form) -> Json {
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
            let item = describe(item);
            json!({ "anyOf": [{ "type": "array", "items": item }, item] })
        }
        Form::Values { max } => {
            let count = json!({ "type": "integer", "minimum": 1, "maximum": max });
            let names = json!({ "type": "array", "items": { "type": "string" }, "minItems": 1 });
            json!({ "anyOf": [count, names], "description": form.want() })
        }
        Form::Shares(_) => {
            let shares = json!({ "type": "object", "additionalProperties": describe(&Form::Share) });
            json!({ "anyOf": [{ "type": "string" }, shares], "description": form.want() })
        }
        Form::Table { keys, kinds } => {
            let mut table = properties(keys.iter().chain(*kinds));
            table["additionalProperties"] = json!(false);
            let needed: Vec<&str> =
                keys.iter().filter(|k| matches!(k.preset, Preset::Required)).map(|k| k.name).collect();
            if !needed.is_empty() {
                table["required"] = json!(needed);
            }
            if !kinds.is_empty() {
                let one = |k: &Key| json!({ "required": [k.name] });
                table["oneOf"] = kinds.iter().filter(|k| built(k)).map(one).collect();
            }
            table
        }
        Form::Named { of, .. } => json!({ "type": "object", "additionalProperties": describe(of) }),
        Form::Map { keys, rest, .. } => {
            let mut table = properties(keys.iter());
            table["additionalProperties"] = describe(rest);
            table
        }
        Form::Either { plain, table } => json!({ "anyOf": [describe(plain), describe(table)] }),
        Form::Bound => {
            let figure = describe(&Form::Figure);
            let ends = json!({ "min": figure, "max": figure });
            json!({ "anyOf": [figure, { "type": "object", "properties": ends, "additionalProperties": false }] })
        }
        Form::Later => json!(false),
        Form::Any => json!(true),
    }
}

fn properties<'k>(keys: impl Iterator<Item = &'k Key>) -> Json {
    let mut properties = serde_json::Map::new();
    for key in keys.filter(|k| built(k)) {
        let mut described = describe(&key.form);
        let about = match described["description"].as_str() {
            Some(form) => format!("{} It takes {form}.", key.about),
            None => key.about.to_owned(),
        };
        described["description"] = json!(about);
        if let Some(default) = key.preset.text().and_then(|text| plain_default(&text)) {
            described["default"] = default;
        }
        properties.insert(key.name.to_owned(), described);
    }
    json!({ "type": "object", "properties": properties })
}

/// A default that is one value; tables have theirs at their own keys.
fn plain_default(text: &str) -> Option<Json> {
    let source = super::Source::new("default", text);
    let node = parse_value(&source, 0, super::tree::Via::Default).ok()?;
    if node.table().is_some() { None } else { serde_json::to_value(node.to_toml()).ok() }
}

fn built(key: &Key) -> bool {
    !matches!(key.form, Form::Later)
}

/// The list of keys for `scenarios/README.md`, as a Markdown table.
pub fn key_table() -> String {
    let mut table = "| key | default | form | meaning |\n|---|---|---|---|\n".to_owned();
    rows(&ROOT, "", &mut table);
    table
}

fn rows(form: &Form, path: &str, table: &mut String) {
    match form {
        Form::Table { keys, kinds } => {
            keys.iter().chain(*kinds).filter(|k| built(k)).for_each(|key| row(key, path, table));
        }
        Form::Named { of, .. } => rows(of, &join(path, "NAME"), table),
        Form::Map { keys, .. } => keys.iter().for_each(|key| row(key, path, table)),
        Form::Either { table: other, .. } => rows(other, path, table),
        _ => {}
    }
}

fn row(key: &Key, path: &str, table: &mut String) {
    let path = join(path, key.name);
    let form = match &key.form {
        Form::Map { rest, .. } => format!("NAME = {}", rest.want()),
        Form::Named { .. } => "tables by name".to_owned(),
        other => other.want(),
    };
    let default = match key.preset {
        Preset::Required => "required".to_owned(),
        Preset::Optional => "none".to_owned(),
        Preset::Profile => "from the profile".to_owned(),
        Preset::Is(_) | Preset::Owned(_) => format!("`{}`", key.preset.text().unwrap_or_default()),
    };
    let escaped = |text: &str| text.replace('|', "\\|");
    let _ =
        writeln!(table, "| `{path}` | {} | {} | {} |", escaped(&default), escaped(&form), escaped(key.about));
    rows(&key.form, &path, table);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_list_has_every_pinned_key_once() {
        let table = key_table();
        for key in [
            "name",
            "covers",
            "backend.maintenance.NAME.from",
            "backend.gateway_timeout",
            "gateway.mode",
            "gateway.serve.capture.last_modified.bound",
            "entity.NAME.schema",
            "entity.NAME.rows.csv",
            "fleet.NAME.link",
            "unit.NAME.discard_pending",
            "engine.pull.chunk_bytes",
            "engine.conflict.while_open",
            "event.NAME.outage.mode",
            "chaos.kill_mtbf",
            "gate.NAME.max",
            "variant.NAME.set",
            "expect.violation",
            "link.NAME.rtt",
        ] {
            assert_eq!(table.matches(&format!("| `{key}` |")).count(), 1, "{key}");
        }
        let width = |line: &str| line.replace("\\|", "").matches('|').count();
        assert!(table.lines().all(|line| width(line) == 5), "a bar breaks the table");
    }

    #[test]
    fn the_schema_knows_names_forms_and_defaults() {
        let schema: Json = serde_json::from_str(&schema_json(&[])).unwrap();
        let engine = &schema["properties"]["engine"]["properties"];
        assert_eq!(engine["pull"]["properties"]["chunk_rows"]["default"], json!(500));
        assert_eq!(
            engine["retry"]["properties"]["jitter"]["enum"],
            json!(["none", "full", "equal", "decorrelated"])
        );
        assert_eq!(schema["required"], json!(["name", "entity", "fleet"]));
        let event = &schema["properties"]["event"]["additionalProperties"];
        assert_eq!(event["oneOf"].as_array().unwrap().len(), 38);
        assert_eq!(event["additionalProperties"], json!(false));
    }
}
