//! Apps of three entities on two fleets, whose phones are on four links.

use std::fmt::Write;

/// Splitmix64 (Steele et al. 2014).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.next() % (to - from + 1)
    }
    fn pick(&mut self, of: &[&'static str]) -> &'static str {
        of[self.between(0, of.len() as u64 - 1) as usize]
    }
}

/// True if people of an app have hundreds of rows, some over slow links that break every few
/// seconds. Large chunks restart there, so the best size is between one row and all of them.
pub(super) fn is_rich(n: u64) -> bool {
    n % 2 == 1
}

/// People edit, take photos, lose the network and have their app killed. A first load misses both
/// gates, or one, by chance.
pub(super) fn app(n: u64) -> String {
    let (mut draw, rich) = (Draw(n), is_rich(n));
    let mut text = format!("name = \"app-{n}\"\nduration = \"20m\"\n\n");
    entities(&mut text, &mut draw, rich);
    let slow: &[_] = if rich { &["edge"] } else { &["edge", "geo", "3g-hspa"] };
    let links = [
        [draw.pick(&["lte-poor", "3g-poor"]), draw.pick(&["wifi-good", "lte-good"])],
        [draw.pick(slow), draw.pick(&["lte-driving", "wifi-congested"])],
    ];
    let classes = [draw.pick(&["low", "mid"]), draw.pick(&["mid", "flagship"])];
    for (fleet, name) in ["inside", "outside"].into_iter().enumerate() {
        let some = draw.between(1, 3).max(if rich { 2 } else { 1 }) as f64 / 4.0;
        let ([one, other], class) = (links[fleet], classes[fleet]);
        writeln!(
            text,
            "[fleet.{name}]\ndevices = 4\nattributes = {{ owner = 8 }}\nclass = \"{class}\"\n\
             link = {{ {one} = {some}, {other} = {} }}\nstart = {{ empty = 0.25, 1d = 0.75 }}\n",
            1.0 - some
        )
        .expect("a text takes what is written");
    }
    // If connections break, transfers are repeated: large chunks have a price.
    let one = draw.between(0, 1) as usize;
    let (mtbf, mean) = (draw.between(8, 60), draw.between(2, 8));
    let (breaking, mtbf, mean) = match rich {
        true => (&links[..], 3 + mtbf / 20, 1 + mean / 8),
        false => (&links[one..=one], mtbf, mean),
    };
    for [link, _] in breaking {
        text.push_str(&format!(
            "[link.{link}]\ngaps = {{ mtbf = \"{mtbf}s\", mean = \"{mean}s\", mode = \"reset\" }}\n\n"
        ));
    }
    text + &rest(&mut draw)
}

fn entities(text: &mut String, draw: &mut Draw, rich: bool) {
    let [orders, lines] = if rich { [(20, 30), (8, 14)] } else { [(6, 30), (1, 8)] };
    let (orders, lines) = (draw.between(orders.0, orders.1), draw.between(lines.0, lines.1));
    let (notes, short) = (draw.between(1, 40), draw.between(20, 200));
    let long = draw.between(20, 800) + if rich { 600 } else { 0 };
    write!(
        text,
        "[entity.order]\nrows = {}\nscope = {{ owner = \"device.owner\" }}\n[entity.order.schema]\n\
         id = \"uuid key\"\nowner = \"text\"\ntitle = \"text 10..{short}\"\n\
         state = \"one of open|done\"\n\n\
         [entity.line]\nrows = {}\nscope = {{ owner = \"device.owner\" }}\n[entity.line.schema]\n\
         id = \"uuid key\"\norder = \"ref order\"\nowner = \"fold order.owner via order\"\n\
         what = \"text 10..{long}\"\n\n\
         [entity.note]\nrows = {notes}\n[entity.note.schema]\nid = \"uuid key\"\nbody = \"text 20..{long}\"\n\n\
         [entity.photo]\nrows = 0\ndelivery = \"upload-only\"\n[entity.photo.schema]\nid = \"uuid key\"\n\
         picture = \"blob 100kB..400kB\"\n\n",
        8 * orders,
        8 * orders * lines,
    )
    .expect("a text takes what is written");
}

fn rest(draw: &mut Draw) -> String {
    let own = draw.pick(&["", "pull = { chunk_rows = 50 }\n", "pull = { chunk_rows = 200 }\n"]);
    let (fixed, row, bound) = (draw.between(20, 200), draw.between(0, 4), draw.between(2, 300));
    format!(
        "[engine]\n{own}\n[backend]\nfixed_cost = \"{fixed}ms\"\nrow_cost = \"{row}ms\"\n\n\
         [unit.All]\non = [\"login\", \"online\", \"every 10m\"]\npull = [\"*\"]\npush = [\"*\"]\n\n\
         [action.close]\nentity = \"order\"\nkind = \"update\"\ncolumns = [\"state\"]\n\
         per_device = 4\non_devices = 0.5\n\n\
         [action.photo]\nentity = \"photo\"\nkind = \"create\"\nper_device = 2\n\n\
         [event.cellar]\nat = \"+5m\"\noutage = {{ share = 0.5, for = \"2m\" }}\n\n\
         [event.crash]\nat = \"+8m\"\nkill = {{ share = 0.25 }}\n\n\
         [gate.usable]\nmetric = \"engine.usable_after_login.duration\"\nstat = \"p95\"\n\
         max = \"{bound}s\"\n\n\
         [gate.usual]\nmetric = \"engine.usable_after_login.duration\"\nstat = \"p95\"\n\
         start = \"1d\"\nmax = \"10s\"\n"
    )
}
