//! The text that `syncdyno new` writes.

/// The products for which a starting scenario exists that uses the product's terms.
pub const LIKE: [&str; 6] =
    ["outsystems", "volt-mx", "watermelondb", "rxdb", "power-apps", "salesforce-mobile"];

/// A short scenario with comments. `like`, one of [`LIKE`], chooses the product whose terms it
/// uses.
pub fn template(name: &str, like: Option<&str>) -> String {
    let name = toml::Value::String(name.to_owned()).to_string();
    let body = match like {
        Some("outsystems") => include_str!("templates/outsystems.toml"),
        Some("volt-mx") => include_str!("templates/volt-mx.toml"),
        Some("watermelondb") => include_str!("templates/watermelondb.toml"),
        Some("rxdb") => include_str!("templates/rxdb.toml"),
        Some("power-apps") => include_str!("templates/power-apps.toml"),
        Some("salesforce-mobile") => include_str!("templates/salesforce-mobile.toml"),
        _ => include_str!("templates/own.toml"),
    };
    format!(
        "# A scenario for syncdyno. `syncdyno check` says what is wrong with it, `syncdyno run` runs it.\n\n\
         name = {name}\n{body}"
    )
}

#[cfg(test)]
mod tests {
    use super::super::{Document, Library, Request};
    use super::*;
    use crate::contract::StackDescription;

    #[test]
    fn each_scenario_to_start_from_is_sound_and_names_its_product() {
        let builtin = [StackDescription::builtin("builtin")];
        for like in [None].into_iter().chain(LIKE.map(Some)) {
            let text = template("a", like);
            let document = Document::parse("a.toml", &text).unwrap();
            let plans = document.plans(&Request::default(), &builtin).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(plans[0].source.warnings.len(), 0, "{:?}", plans[0].source.warnings);
            let product = like.map(|product| format!("product = \"{product}\""));
            assert!(product.is_none_or(|product| text.contains(&product)));
            assert!(like.is_none_or(|product| Library::Products.find(product).is_some()));
        }
    }
}
