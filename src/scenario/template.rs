//! What `syncdyno new` writes.

pub fn template(name: &str) -> String {
    let name = toml::Value::String(name.to_owned()).to_string();
    format!(
        "# A scenario for syncdyno. `syncdyno check` says what is wrong with it, `syncdyno run` runs it.\n\nname = {name}\n{BODY}"
    )
}

const BODY: &str = include_str!("template.toml");
