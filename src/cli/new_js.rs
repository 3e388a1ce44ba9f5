//! `new --js`: writes a folder with an app in JavaScript that runs without changes.

use std::fs;
use std::path::Path;

use super::console::Console;
use super::refusal::Refusal;
use crate::base::escape_path;
use crate::record::{self, Exit};
use crate::scenario;

/// The app and a scenario. The network of this scenario finds most mistakes of apps.
const APP: &str = include_str!("../../examples/js-own-app/app.js");
const TYPED: &str = include_str!("../../examples/js-own-app/app.ts");
const SCENARIO: &str = include_str!("../../examples/js-own-app/lossy.toml");
const TEST: &str = "\
import test from 'node:test'
import { bench } from 'syncdyno-bench'

test('nothing is lost', () => {
  bench(new URL('NAME.toml', import.meta.url).pathname, { seeds: '1..=3' })
})
";
/// The package for tests and types is part of the folder, so that nothing must be downloaded.
const BENCH: [(&str, &str); 4] = [
    ("package.json", include_str!("../../npm/syncdyno-bench/package.json")),
    ("index.js", include_str!("../../npm/syncdyno-bench/index.js")),
    ("index.d.ts", include_str!("../../npm/syncdyno-bench/index.d.ts")),
    ("modules.d.ts", include_str!("../../npm/syncdyno-bench/modules.d.ts")),
];
/// npm packages are bundled into one file. The bench provides the `bench:` modules itself.
const PACKAGE: &str = r#"{
  "name": "NAME",
  "private": true,
  "type": "module",
  "scripts": {
    "build": "npx --yes esbuild@0.25.12 app.js --bundle --format=esm --target=es2022 --external:bench:* --outfile=bundle.js",STRIP
    "bench": "syncdyno run NAME.toml",
    "test": "node --test"
  },
  "devDependencies": { "syncdyno-bench": "file:./syncdyno-bench" }
}
"#;

/// Node itself can remove the types of a single file. This works without access to the registry.
const STRIP: &str = r#"
    "build:types": "node -e \"const fs = require('fs'), { stripTypeScriptTypes } = require('module'); fs.writeFileSync('bundle.js', stripTypeScriptTypes(fs.readFileSync('app.ts', 'utf8')))\"","#;

const TSCONFIG: &str = r#"{
  "compilerOptions": {
    "target": "ES2022", "module": "ESNext", "moduleResolution": "Bundler", "lib": ["ES2022", "DOM"],
    "strict": true, "noEmit": true, "types": []
  },
  "include": ["*.ts"]
}
"#;

pub(super) fn new(name: &Path, typed: bool, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let stem = name.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_plain = stem.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c));
    let shown = escape_path(name);
    if !is_plain || !stem.starts_with(|c: char| c.is_ascii_lowercase()) || !scenario::is_title(stem) {
        let want = "it must begin with a small letter, and have only small letters, digits, `-` and `_`";
        return Err(Refusal::usage(format!("`{shown}` is not a valid name of a package: {want}")));
    }
    if name.exists() {
        return Err(Refusal::usage(format!("{shown} already exists")));
    }
    let told = SCENARIO.lines().skip_while(|line| line.starts_with("#:") || *line == "#");
    let scenario = told.collect::<Vec<_>>().join("\n").replace("js-own-lossy", stem) + "\n";
    let bench = BENCH.map(|(file, text)| (format!("syncdyno-bench/{file}"), text.to_owned()));
    let (app, text) = if typed { ("app.ts", TYPED) } else { ("app.js", APP) };
    let scenario = if typed { scenario.replace("\"app.js\"", "\"bundle.js\"") } else { scenario };
    let typed_only = if typed { STRIP } else { "" };
    let config = typed.then(|| ("tsconfig.json".to_owned(), TSCONFIG.to_owned()));
    let package = PACKAGE.replace("NAME", stem).replace("app.js", app).replace("STRIP", typed_only);
    let files = [
        (app.to_owned(), text.to_owned()),
        (format!("{stem}.toml"), scenario),
        ("package.json".to_owned(), package),
        ("bench.test.js".to_owned(), TEST.replace("NAME", stem)),
    ];
    let files: Vec<(String, String)> = files.into_iter().chain(config).chain(bench).collect();
    let written = fs::create_dir(name)
        .and_then(|()| fs::create_dir(name.join("syncdyno-bench")))
        .and_then(|()| files.iter().try_for_each(|(file, text)| fs::write(name.join(file), text)));
    written.map_err(|e| Refusal::environment(format!("cannot write {shown}: {e}")))?;
    let names: Vec<String> = files.iter().map(|(file, _)| escape_path(name.join(file))).collect();
    console.result(&format!("{}\n", names.join("\n")));
    let run = record::shell_word(&escape_path(name.join(format!("{stem}.toml"))));
    let built = if typed { format!("(cd {shown} && npm run build) && ") } else { String::new() };
    console.remark(&format!("run it: {built}syncdyno run {run}\n"));
    Ok(Exit::Success)
}
