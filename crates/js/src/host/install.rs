//! Puts the host's functions into the object `__host`. The preludes (the bench's own JavaScript)
//! take them from there.

use std::rc::Rc;

use rquickjs::prelude::{Opt, Rest};
use rquickjs::{Ctx, Exception, Function, Object, Result, TypedArray, Value};

use super::meant::{did_you_mean, misspelt};
use super::modules::{BENCH, MODULES, PRELUDE};
use super::state::{Effect, Host};
use super::{crypto, files, sql};
use crate::runtime::{Interpreter, Program, bytes_in, keep_entry};

/// The warning for a call of `bench.log` with a row that has no edits.
const UNKNOWN: &str = "`bench.log` names a row without a known edit: `id` must be the row's key, and `edit` the edit's id, as `edit({ id, key })` received both";

/// Adds functions to the object `$it`. Each function holds a weak reference to the host.
macro_rules! functions {
    ($it:ident, $host:ident; $($name:literal = |$ctx:ident, $own:ident $(, $arg:ident: $kind:ty)*| $body:expr;)+) => {$({
        let weak = Rc::downgrade($host);
        let function = move |$ctx: Ctx<'js>, $($arg: $kind),*| {
            let Some($own) = weak.upgrade() else {
                return Err(Exception::throw_message(&$ctx, "the process has ended"));
            };
            $body
        };
        $it.set($name, Function::new($it.ctx().clone(), function)?)?;
    })+};
}
pub(crate) use functions;

/// Sets up everything that a bundle (the app's code) can use in `interpreter`.
pub(crate) fn start(
    interpreter: &Interpreter,
    host: &Rc<Host>,
) -> std::result::Result<(), crate::runtime::Fault> {
    interpreter.turn(|ctx| {
        let it = Object::new(ctx.clone())?;
        world(&it, host)?;
        network(&it, host)?;
        bytes(&it, host)?;
        disk(&it, host)?;
        it.set("math", math(ctx)?)?;
        ctx.globals().set("__host", it)
    })?;
    interpreter.run(|ctx| Program::of_ours(BENCH, PRELUDE, MODULES).declare(ctx))?;
    interpreter.turn(|ctx| {
        let exports: Object<'_> = ctx.globals().get("__exports")?;
        ctx.globals().remove("__exports")?;
        keep_entry(ctx, exports.get("entry")?);
        Ok(())
    })
}

fn world<'js>(it: &Object<'js>, host: &Rc<Host>) -> Result<()> {
    functions! { it, host;
        "now" = |_ctx, host| Ok(host.now().0 as f64 / 1e6);
        "wall" = |_ctx, host| Ok(host.wall());
        "zone" = |_ctx, host| Ok(host.zone());
        "random" = |_ctx, host| Ok(host.random());
        "online" = |_ctx, host| Ok(host.is_online());
        "timer" = |_ctx, host, id: u32, ms: f64| { host.timer(id, ms); Ok(()) };
        "untimer" = |_ctx, host, id: u32| { host.push(Effect::Untimer { id }); Ok(()) };
        "log" = |_ctx, host, level: String, text: String| { host.log(&level, &text); Ok(()) };
        "threw" = |_ctx, host, words: String| { host.threw.borrow_mut().get_or_insert(words); Ok(()) };
        "meant" = |_ctx, _host, word: String, known: Vec<String>| Ok(did_you_mean(&word, &known));
        "misspelt" = |_ctx, _host, names: Vec<String>, of: String| Ok(misspelt(&names, &of));
        "coded" = |_ctx, host, length: f64| { host.spent.borrow_mut().coded += length as u64; Ok(()) };
        "steps" = |ctx, host, count: f64| {
            let is_endless = host.spent.borrow_mut().steps(count as u64);
            if is_endless { Err(Exception::throw_range(&ctx, "a list is too long: one turn handles fewer items")) } else { Ok(()) }
        };
        "sorted" = |_ctx, host, length: f64| { host.spent.borrow_mut().sort(length as u64); Ok(()) };
        "drawn" = |_ctx, host, name: String| { host.disk.name(&name); Ok(()) };
        "applied" = |_ctx, host| { host.push(Effect::Applied); Ok(()) };
        "logged" = |ctx, host, key: String, edit: Option<String>, kind: String| {
            let known = ["rejected", "superseded", "merged", "overwrote", "kept-both"];
            if !known.contains(&kind.as_str()) {
                let words = format!("`{kind}` is not a kind of log line; write one of `{}`", known.join("`, `"));
                return Err(Exception::throw_type(&ctx, &words));
            }
            // If the app has an open transaction, the log line is part of it.
            let written = host.disk.log(&key, edit.as_deref(), &kind);
            let written = written.map_err(|error| Exception::throw_message(&ctx, &error.to_string()))?;
            host.push(match written {
                Some(numbers) => Effect::Logged { numbers, kind },
                None => Effect::Warned { what: UNKNOWN.to_owned() },
            });
            Ok(())
        };
        "settled" = |ctx, host, id: u32, well: bool, text: String| {
            let read = serde_json::from_str(&text);
            let read = read.map_err(|error| Exception::throw_message(&ctx, &error.to_string()))?;
            let result = if well { Ok(read) } else { Err(text) };
            host.push(Effect::Settled { id, result });
            Ok(())
        };
    }
    Ok(())
}

fn network<'js>(it: &Object<'js>, host: &Rc<Host>) -> Result<()> {
    let taken = |body: Opt<Value<'js>>| -> Vec<u8> {
        let body = body.0.and_then(|body| TypedArray::<u8>::from_value(body).ok());
        body.map(|bytes| bytes_in(&bytes)).unwrap_or_default()
    };
    functions! { it, host;
        "fetch" = |_ctx, host, id: u32, head: String, body: Opt<Value<'js>>| {
            host.push(Effect::Fetch { id, head, body: taken(body) });
            Ok(())
        };
        "abort" = |_ctx, host, id: u32| { host.push(Effect::Abort { id }); Ok(()) };
        "connect" = |_ctx, host, id: u32, hello: String| { host.push(Effect::Connect { id, hello }); Ok(()) };
        "say" = |_ctx, host, id: u32, message: Value<'js>, is_text: bool| {
            host.push(Effect::Say { id, message: taken(Opt(Some(message))), is_text });
            Ok(())
        };
        "hang" = |_ctx, host, id: u32| { host.push(Effect::Hang { id }); Ok(()) };
    }
    Ok(())
}

fn bytes<'js>(it: &Object<'js>, host: &Rc<Host>) -> Result<()> {
    functions! { it, host;
        "encode" = |ctx, _host, text: String| TypedArray::<u8>::new(ctx, text.into_bytes());
        "decode" = |_ctx, _host, bytes: TypedArray<'js, u8>, fatal: bool| {
            let bytes = bytes_in(&bytes);
            let text = String::from_utf8_lossy(&bytes);
            let is_sound = matches!(text, std::borrow::Cow::Borrowed(_));
            Ok((is_sound || !fatal).then(|| text.into_owned()))
        };
        "toBase64" = |_ctx, _host, bytes: TypedArray<'js, u8>| Ok(crypto::to_base64(&bytes_in(&bytes)));
        "fromBase64" = |ctx, _host, text: String| {
            crypto::from_base64(&text).map(|bytes| TypedArray::<u8>::new(ctx, bytes)).transpose()
        };
        "digest" = |ctx, _host, name: String, bytes: TypedArray<'js, u8>| {
            crypto::digest(&name, &bytes_in(&bytes)).map(|digest| TypedArray::<u8>::new(ctx, digest)).transpose()
        };
    }
    Ok(())
}

fn disk<'js>(it: &Object<'js>, host: &Rc<Host>) -> Result<()> {
    let failed = |ctx: &Ctx<'_>, error: std::io::Error| Exception::throw_message(ctx, &error.to_string());
    functions! { it, host;
        "sqlOpen" = |ctx, host, name: String| sql::open(&ctx, &host, &name);
        "sqlAll" = |ctx, host, number: u32, text: String, args: Value<'js>, raw: bool, limit: Opt<Option<u32>>| {
            sql::all(&ctx, &host, (number, &text), &args, (raw, limit.0.flatten().unwrap_or(u32::MAX)))
        };
        "sqlRun" = |ctx, host, number: u32, text: String, args: Value<'js>| {
            sql::run(&ctx, &host, (number, &text), &args)
        };
        "sqlExec" = |ctx, host, number: u32, text: String| sql::exec(&ctx, &host, (number, &text));
        "sqlColumns" = |ctx, host, number: u32, text: String| sql::columns(&ctx, &host, (number, &text));
        "sqlWhole" = |ctx, host| sql::begin_whole(&ctx, &host);
        "sqlIsOpen" = |_ctx, host, number: u32| Ok(sql::is_in_transaction(&host, number));
        "readFile" = |ctx, host, name: String| {
            let read = files::read(&host, &name).map_err(|error| failed(&ctx, error))?;
            read.map(|bytes| TypedArray::<u8>::new(ctx, bytes)).transpose()
        };
        "writeFile" = |ctx, host, name: String, bytes: TypedArray<'js, u8>| {
            files::write(&host, &name, &bytes_in(&bytes)).map_err(|error| failed(&ctx, error))
        };
        "removeFile" = |ctx, host, name: String| files::remove(&host, &name).map_err(|error| failed(&ctx, error));
    }
    Ok(())
}

/// The functions of `Math`. Crate `libm` gives equal digits everywhere; the host's C library does
/// not.
fn math<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    type Of = fn(f64) -> f64;
    const ONE: [(&str, Of); 18] = [
        ("acos", libm::acos),
        ("asin", libm::asin),
        ("atan", libm::atan),
        ("cos", libm::cos),
        ("exp", libm::exp),
        ("log", libm::log),
        ("sin", libm::sin),
        ("tan", libm::tan),
        ("cosh", libm::cosh),
        ("sinh", libm::sinh),
        ("tanh", libm::tanh),
        ("acosh", libm::acosh),
        ("asinh", libm::asinh),
        ("atanh", libm::atanh),
        ("expm1", libm::expm1),
        ("log1p", libm::log1p),
        ("log2", libm::log2),
        ("log10", libm::log10),
    ];
    let it = Object::new(ctx.clone())?;
    let number = |x: Opt<rquickjs::Coerced<f64>>| x.0.map_or(f64::NAN, |x| x.0);
    for (name, of) in ONE.into_iter().chain([("cbrt", libm::cbrt as Of)]) {
        let function = move |x: Opt<rquickjs::Coerced<f64>>| of(number(x));
        it.set(name, Function::new(ctx.clone(), function)?.with_name(name)?)?;
    }
    let atan2 = move |y: Opt<rquickjs::Coerced<f64>>, x: Opt<rquickjs::Coerced<f64>>| {
        libm::atan2(number(y), number(x))
    };
    it.set("atan2", Function::new(ctx.clone(), atan2)?.with_name("atan2")?)?;
    let hypot = |all: Rest<rquickjs::Coerced<f64>>| all.0.iter().fold(0.0, |sum, x| libm::hypot(sum, x.0));
    it.set("hypot", Function::new(ctx.clone(), hypot)?.with_name("hypot")?)?;
    Ok(it)
}
