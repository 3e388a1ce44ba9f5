//! Tests the functions that JavaScript finds, from JavaScript.

use std::rc::Rc;

use super::{Disk, Host, MODULES, start};
use crate::contract::{Database, Seed};
use crate::runtime::{Fault, Interpreter, Turns};

fn runtime() -> (Interpreter, Rc<Host>) {
    let interpreter = Interpreter::bare(MODULES).expect("there is memory");
    let disk = Disk::open(Database::memory(), interpreter.spent()).expect("there is memory");
    let host = Host::new(None, disk, Seed(7), interpreter.spent());
    start(&interpreter, &host).unwrap_or_else(|fault| panic!("{fault}"));
    (interpreter, host)
}

/// Runs a module that sets `said`. Returns this value.
fn said(text: &str) -> Result<String, Fault> {
    let (interpreter, _host) = runtime();
    interpreter.run(|ctx| rquickjs::Module::declare(ctx.clone(), "test.js", text))?;
    interpreter.turn(|ctx| ctx.eval::<String, _>("String(globalThis.said)"))
}

fn is(text: &str, wanted: &str) {
    assert_eq!(said(text).unwrap_or_else(|fault| panic!("{text}: {fault}")), wanted, "{text}");
}

/// Operators do not poll, and each can take hundreds of milliseconds on this machine.
#[test]
fn operators_on_long_integers_end_their_turn() {
    let made = |times: u32, long: &str| {
        let (interpreter, _host) = runtime();
        let text = format!(
            "let n = 0n; for (let i = 0; i < {times}; i++) try {{ n = {long} }} catch {{ }}; globalThis.said = n > 0n"
        );
        let ended = interpreter.run(|ctx| rquickjs::Module::declare(ctx.clone(), "test.js", text.as_str()));
        (ended.err().map_or(String::new(), |fault| fault.what), interpreter.take_spent().ticks)
    };
    let (what, ticks) = made(3_000, "1n << 1000000n");
    assert!(what.contains("an endless loop"), "{what}");
    assert!((15_000..=20_000).contains(&ticks), "{ticks}");
    let (what, ticks) = made(3, "3n ** 60000n");
    assert_eq!(what, "");
    assert!((1..200).contains(&ticks), "{ticks}");
    let (what, ticks) = made(1_000, "3n ** 200n");
    assert!(what.is_empty() && ticks <= 1, "{what}: {ticks}");
}

#[test]
fn arithmetic_is_libm_to_the_last_bit() {
    let (interpreter, _host) = runtime();
    let mut stream = Seed(1).stream("numbers", 0, 0);
    type Of = fn(f64) -> f64;
    let of: [(&str, Of); 12] = [
        ("sin", libm::sin),
        ("cos", libm::cos),
        ("tan", libm::tan),
        ("exp", libm::exp),
        ("log", libm::log),
        ("log2", libm::log2),
        ("log10", libm::log10),
        ("cbrt", libm::cbrt),
        ("sinh", libm::sinh),
        ("atan", libm::atan),
        ("expm1", libm::expm1),
        ("log1p", libm::log1p),
    ];
    for round in 0..10_000 {
        let (x, y) = (stream.unit() * 40.0, stream.unit() * 8.0 - 4.0);
        let (name, function) = of[round % of.len()];
        let same = |got: f64, wanted: f64, what: &str| {
            assert_eq!(got.to_bits(), wanted.to_bits(), "{what} of {x} and {y}: {got} is not {wanted}");
        };
        let [pow, folded, one, two] = interpreter
            .turn(|ctx| {
                // With literal numbers, a compiler might compute the result in advance.
                let text = format!("(() => {{ let x = {x:?}, y = {y:?}; return [x ** y, {x:?} ** ({y:?}), Math.{name}(x), Math.atan2(x, y)] }})()");
                ctx.eval::<Vec<f64>, _>(text)
            })
            .map(|all| [all[0], all[1], all[2], all[3]])
            .expect("it is sound");
        same(pow, libm::pow(x, y), "**");
        same(folded, libm::pow(x, y), "** of numbers");
        same(one, function(x), name);
        same(two, libm::atan2(x, y), "atan2");
    }
}

#[test]
fn nothing_of_the_host_can_be_reached() {
    is(
        "globalThis.said = [typeof require, typeof std, typeof os, typeof WeakRef, typeof Intl, typeof FinalizationRegistry]",
        "undefined,undefined,undefined,undefined,undefined,undefined",
    );
    is("globalThis.said = Object.getOwnPropertyNames(globalThis).filter(name => name.startsWith('__'))", "");
    for module in [
        "bench",
        "bench-server",
        "std",
        "os",
        "fs",
        "node:fs",
        "./Cargo.toml",
        "/etc/passwd",
        "file:///etc/passwd",
    ] {
        let fault =
            said(&format!("import x from '{module}'; globalThis.said = x")).expect_err("it is not there");
        assert!(fault.what.contains(module) && fault.what.contains("esbuild"), "{fault}");
        let later =
            said(&format!("globalThis.said = await import('{module}').then(() => 'there', () => 'gone')"));
        assert_eq!(later.ok().as_deref(), Some("gone"), "{module}");
    }
    is(
        "import { read } from 'bench:files'; globalThis.said = await read('/etc/passwd').then(() => 'there', e => e.code)",
        "ENOENT",
    );
    is(
        "import Database from 'bench:sqlite'; const db = new Database(':memory:'); try { db.exec(\"ATTACH '/etc/passwd' AS x\"); globalThis.said = 'there' } catch (e) { globalThis.said = e.message }",
        "ATTACH is not supported: open another database",
    );
}

#[test]
fn dates_are_of_the_phone_and_of_no_zone_of_the_host() {
    is(
        "globalThis.said = [Date.now(), new Date(0).getTimezoneOffset(), new Date(2026, 0, 2, 3).toISOString(), new Date('2026-01-02T03:04:05').getTime() === Date.UTC(2026, 0, 2, 3, 4, 5), new Date('2026-01-02') - new Date('2026-01-01')]",
        "0,0,2026-01-02T03:00:00.000Z,true,86400000",
    );
    is(
        "globalThis.said = new Date(Date.UTC(2026, 10, 29, 12)).toString() + '|' + (new Date() instanceof Date) + '|' + Object.prototype.toString.call(new Date())",
        "Sun Nov 29 2026 12:00:00 GMT+0000|true|[object Date]",
    );
}

#[test]
fn a_database_has_the_shape_of_better_sqlite3() {
    let text = "import Database from 'better-sqlite3'
        const db = new Database('app.db')
        db.exec('CREATE TABLE t(id TEXT PRIMARY KEY, n, b)')
        const put = db.prepare('INSERT INTO t VALUES(?, ?, ?)')
        const { changes } = put.run('a', 1.5, new Uint8Array([1, 2]))
        db.transaction(() => { put.run('b', true, null); put.run('c', 2 ** 40, null) })()
        try { db.transaction(() => { put.run('d', 1, null); throw new Error('no') })() } catch {}
        let code
        try { put.run('a', 1, null) } catch (error) { code = error.code }
        const row = db.prepare('SELECT * FROM t WHERE id = @id').get({ id: 'a' })
        globalThis.said = JSON.stringify([changes, code, [...row.b], row.n, db.prepare('SELECT n FROM t ORDER BY id').pluck().all(), db.prepare('SELECT id FROM t WHERE id = $id').raw().get({ id: 'b' }), db.pragma('user_version', { simple: true }), db.inTransaction])";
    is(text, "[1,\"SQLITE_CONSTRAINT\",[1,2],1.5,[1.5,1,1099511627776],[\"b\"],0,false]");
}

#[test]
fn plugins_of_apps_are_the_same_database() {
    let text = "import { openDatabaseSync } from 'expo-sqlite'
        import { open, openDatabase, SQLiteConnection } from 'react-native-sqlite-storage'
        const expo = openDatabaseSync('app.db'), op = open({ name: 'app.db' }), storage = openDatabase({ name: 'app.db' })
        await expo.execAsync('CREATE TABLE t(id TEXT PRIMARY KEY, n INTEGER)')
        await expo.withTransactionAsync(async () => { await expo.runAsync('INSERT INTO t VALUES(?, ?)', 'a', 1); await expo.runAsync('INSERT INTO t VALUES($id, $n)', { $id: 'b', $n: 2 }) })
        await op.transaction(async tx => { await tx.execute('INSERT INTO t VALUES(?, ?)', ['c', 3]) })
        await op.transaction(async tx => { await tx.execute('INSERT INTO t VALUES(?, ?)', ['no', 0]); throw new Error('back') }).catch(() => {})
        await storage.transaction(tx => { tx.executeSql('INSERT INTO t VALUES(?, ?)', ['d', 4], tx => { tx.executeSql('UPDATE t SET n = 5 WHERE id = ?', ['d']) }) })
        const capacitor = await new SQLiteConnection().createConnection('app.db')
        await capacitor.open(); await capacitor.run('INSERT INTO t VALUES(?, ?)', ['e', 6])
        globalThis.said = JSON.stringify(expo.getAllSync('SELECT * FROM t ORDER BY id').map(row => row.id + row.n)) + (await op.execute('SELECT count(*) AS n FROM t')).rows[0].n";
    is(text, "[\"a1\",\"b2\",\"c3\",\"d5\",\"e6\"]5");
}

#[test]
fn an_indexed_database_has_stores_indexes_and_cursors() {
    let text = "import 'fake-indexeddb/auto'
        const done = request => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error) })
        globalThis.said = 'waits'
        const test = async () => {
          const opening = indexedDB.open('app', 2)
          opening.onupgradeneeded = ({ oldVersion }) => {
            const store = opening.result.createObjectStore('t', { keyPath: 'id' })
            store.createIndex('n', 'n'); store.createIndex('tags', 'tags', { multiEntry: true }); store.createIndex('u', 'u', { unique: true })
            opening.result.createObjectStore('auto', { autoIncrement: true })
          }
          const db = await done(opening)
          const tx = db.transaction(['t', 'auto'], 'readwrite'), t = tx.objectStore('t')
          for (const [id, n] of [['b', 10], ['a', 9], ['c', -1]]) await done(t.put({ id, n, tags: [id, 'x'], at: new Date(n), bytes: new Uint8Array([n & 255]) }))
          const key = await done(tx.objectStore('auto').add('first'))
          await new Promise(resolve => { tx.oncomplete = resolve })
          const read = () => db.transaction('t').objectStore('t')
          const byN = await done(read().index('n').getAllKeys(IDBKeyRange.lowerBound(0)))
          const both = await done(read().index('tags').count('x'))
          const walked = []
          await new Promise(resolve => { read().openCursor(null, 'prev').onsuccess = ({ target: { result } }) => { if (!result) return resolve(); walked.push(result.key); result.continue() } })
          const bad = db.transaction('t', 'readwrite')
          bad.objectStore('t').put({ id: 'd', u: 1 })
          bad.objectStore('t').add({ id: 'a' })
          await new Promise(resolve => { bad.onabort = resolve })
          const one = await done(read().get('c'))
          globalThis.said = JSON.stringify([key, byN, both, walked, await done(read().count()), one.at instanceof Date, [...one.bytes], (await indexedDB.databases())[0].version])
        }
        test().catch(error => { globalThis.said = error.message + error.stack })";
    // Each request is a timer without delay, so there are as many turns as requests.
    let (interpreter, host) = runtime();
    interpreter.run(|ctx| rquickjs::Module::declare(ctx.clone(), "test.js", text)).expect("it is sound");
    loop {
        let due = host.take_effects();
        if due.is_empty() {
            break;
        }
        for effect in due {
            let super::Effect::Timer { id, .. } = effect else { continue };
            let fired = interpreter.turn(|ctx| crate::runtime::entry(ctx, "fire")?.call::<_, ()>((id,)));
            fired.unwrap_or_else(|fault| panic!("{fault}"));
        }
    }
    let said =
        interpreter.turn(|ctx| ctx.eval::<String, _>("String(globalThis.said)")).expect("it is a text");
    assert_eq!(said, "[1,[\"a\",\"b\"],3,[\"c\",\"b\",\"a\"],3,true,[255],2]");
}

#[test]
fn what_a_browser_has_is_there() {
    for (text, wanted) in [
        ("new TextDecoder().decode(new TextEncoder().encode('grün 🌱'))", "grün 🌱"),
        ("atob(btoa('hello'))", "hello"),
        ("new URL('../x?b=1#h', 'https://a.example:8443/p/q/r?x').href", "https://a.example:8443/p/x?b=1#h"),
        ("new URL('/a b?q=1 2', 'https://a.example').href", "https://a.example/a%20b?q=1%202"),
        ("new URLSearchParams({ a: '1 2', b: 'ü' }).toString()", "a=1+2&b=%C3%BC"),
        (
            "(u => { u.searchParams.set('x', '2'); return u.href })(new URL('https://a.example/?x=1'))",
            "https://a.example/?x=2",
        ),
        (
            "JSON.stringify(structuredClone({ a: [1, { b: 2 }], d: new Date(5) }))",
            "{\"a\":[1,{\"b\":2}],\"d\":\"1970-01-01T00:00:00.005Z\"}",
        ),
        ("await new Blob(['ab', new Uint8Array([99])]).text()", "abc"),
        ("await new Response('{\"a\":1}').json().then(it => it.a)", "1"),
        (
            "Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode('abc')))).slice(0, 4).join()",
            "186,120,22,191",
        ),
        (
            "/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())",
            "true",
        ),
        ("(localStorage.setItem('k', 5), localStorage.getItem('k') + localStorage.length)", "51"),
        ("new Headers([['A', 'b'], ['a', 'c']]).get('a')", "b, c"),
        ("await fetch('/x', { signal: AbortSignal.abort() }).catch(error => error.name)", "AbortError"),
        ("[3, 1, 10].sort().join()", "1,10,3"),
    ] {
        is(&format!("globalThis.said = {text}"), wanted);
    }
    is(
        "import kv from '@react-native-async-storage/async-storage'; await kv.multiSet([['a', '1'], ['b', '2']]); await kv.removeItem('a'); globalThis.said = await kv.getItem('b') + await kv.getItem('a') + (await kv.getAllKeys())",
        "2nullb",
    );
}

#[test]
fn a_loop_without_end_is_ended_with_its_stack() {
    let endless = "function spin() { for (;;) {} }\nasync function later() { await null; spin() }\n";
    for text in ["spin()", "await later()", "later().catch(() => {}); Promise.resolve().then(spin)"] {
        let fault = said(&format!("{endless}{text}")).expect_err("it does not end");
        assert!(fault.what.contains("endless loop"), "{fault}");
        assert!(fault.stack.iter().any(|place| place.contains("spin (test.js:1")), "{text}: {fault}");
    }
}

#[test]
fn a_turn_of_a_server_may_be_longer_than_a_phones() {
    let text = "let n = 0; for (let i = 0; i < 110_000_000; i++) n += i; globalThis.said = n";
    let ended = |turns| {
        let interpreter = runtime().0.with_turns(turns);
        let ran = interpreter.run(|ctx| rquickjs::Module::declare(ctx.clone(), "test.js", text));
        (ran.err().map_or(String::new(), |fault| fault.what), interpreter.take_spent().ticks)
    };
    let (what, ticks) = ended(Turns::Phones);
    assert!(what.contains(" 20000 ticks") && ticks <= 20_002, "{what}, {ticks}");
    let (what, ticks) = ended(Turns::Servers);
    assert!(what.is_empty() && (22_000..22_010).contains(&ticks), "{what}, {ticks}");
}

#[test]
fn what_built_ins_do_for_ever_is_ended_too() {
    let full = "function spin() { for (let n = 0; ; n++) all.push({ n }) }\nconst all = []\n";
    let query = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";
    let sql = format!(
        "import Database from 'bench:sqlite'\nconst db = new Database(':memory:')\nfunction ask() {{ db.prepare(`{query}`).get() }}\n"
    );
    for (text, words, place) in [
        (
            "function all() { return Array(2 ** 32 - 1).join() }\nall()".to_owned(),
            "an endless loop",
            "all (test.js:1",
        ),
        ("const all = Array(2 ** 32 - 1); all.reverse()".to_owned(), "an endless loop", "test.js:1"),
        (format!("{full}spin()"), "the heap is full", ""),
        (format!("{full}try {{ spin() }} catch {{}}"), "the heap is full", ""),
        (format!("{sql}ask()"), "a SQL statement ran too long", "ask (test.js:3"),
        (format!("{sql}try {{ ask() }} catch {{}}"), "a SQL statement ran too long", ""),
    ] {
        let fault = said(&text).expect_err("it does not end");
        assert!(fault.what.contains(words), "{text}: {fault}");
        assert!(fault.to_string().contains(place), "{text}: {fault}");
    }
    is("globalThis.said = new Array(70000).fill(1).reverse().join('').length", "70000");
}

#[test]
fn timers_that_set_timers_wait_as_in_browsers() {
    let text =
        "globalThis.said = 0; const again = () => { globalThis.said++; setTimeout(again, 0) }; again()";
    let (interpreter, host) = runtime();
    interpreter.run(|ctx| rquickjs::Module::declare(ctx.clone(), "test.js", text)).expect("it is sound");
    let mut waits = Vec::new();
    for _ in 0..7 {
        let [super::Effect::Timer { id, at }] = host.take_effects()[..] else { panic!("it is one timer") };
        waits.push(at.0 / 1_000_000);
        let fired = interpreter.turn(|ctx| crate::runtime::entry(ctx, "fire")?.call::<_, ()>((id,)));
        fired.unwrap_or_else(|fault| panic!("{fault}"));
    }
    assert_eq!(waits, [0, 0, 0, 0, 0, 4, 4]);
}

#[test]
fn half_letters_and_full_storages_are_as_in_browsers() {
    is(
        "import Database from 'bench:sqlite'; globalThis.said = new Database(':memory:').prepare('SELECT ? AS x').get('a\\ud800b').x",
        "a\u{fffd}b",
    );
    let text = "const big = 'x'.repeat(3e6), said = []
        const put = (key, value) => { try { localStorage.setItem(key, value); said.push('ok') } catch (error) { said.push(error.name + error.code) } }
        put('a', big); put('b', big); put('a', 'y'); put('b', big); put('b', big); put('c', big)
        globalThis.said = said.concat(localStorage.getItem('b').length, localStorage.getItem('c')).join()";
    is(text, "ok,QuotaExceededError22,ok,ok,ok,QuotaExceededError22,3000000,");
}

#[test]
fn a_full_heap_and_a_full_stack_have_words() {
    let fault = said("const all = []; for (;;) all.push(new Uint8Array(1e6))").expect_err("it is full");
    assert!(fault.what.contains("the heap is full"), "{fault}");
    let fault = said("const f = () => f() + 1; f()").expect_err("it is full");
    assert!(fault.what.contains("the stack is full"), "{fault}");
}

#[test]
fn a_rejection_that_nobody_caught_is_a_fault_of_its_turn() {
    let fault = said("Promise.reject(new Error('unseen'))").expect_err("nobody caught it");
    assert!(fault.what.contains("unseen") && fault.stack[0].contains("test.js:1"), "{fault}");
    is(
        "const late = Promise.reject(1); await null; late.catch(() => {}); globalThis.said = 'caught'",
        "caught",
    );
    is(
        "addEventListener('unhandledrejection', event => event.preventDefault()); Promise.reject(1); globalThis.said = 'seen'",
        "seen",
    );
}

#[test]
fn a_runtime_is_small_and_leaves_nothing() {
    let (interpreter, host) = runtime();
    assert!(interpreter.memory() < 1 << 20, "{} bytes before any bundle", interpreter.memory());
    drop((interpreter, host));
}
