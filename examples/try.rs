use syncdyno::{scenario::{Document, Names, Request}, world, oracle, metrics, engine};
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let doc = Document::load(std::path::Path::new(&args[1])).unwrap();
    let engines = world::EngineRegistry::builtin();
    let m: Vec<_> = metrics::TABLE.iter().map(|m| (m.name, m.unit)).collect();
    let c: Vec<&str> = oracle::check_names().collect();
    let names = Names { metrics: &m, checks: &c, engines: &engines.names(), crash_points: engine::CRASH_POINTS };
    let req = Request { sets: args[2..].to_vec(), ..Request::default() };
    let plans = match doc.plans(&req, &names) { Ok(p) => p, Err(e) => { println!("{}", e.render(false)); return } };
    for plan in plans {
        let t = std::time::Instant::now();
        let out = world::run(&plan, &engines, &world::Unwatched).unwrap();
        println!("{:?} wall {:?} digest {} {:?} drained in {} events {}", plan.variant, t.elapsed(), out.digest, out.ending, out.drained_in, out.events);
        for (n, f) in &out.figures { if !n.contains('@') && !n.contains('/') { println!("  {n} {f:?}"); } }
        for v in out.violations.iter().take(12) { println!("  {v:?}"); }
    }
}
