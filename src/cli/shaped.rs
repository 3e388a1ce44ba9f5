//! A link of the library in the format of other tools.

use super::args::LinkFormat;
use super::refusal::Refusal;
use crate::base::{BitRate, Bytes, Ppm, Span};
use crate::scenario::Profile;

/// The figures of a link that such tools can express.
struct Shape<'p> {
    name: &'p str,
    rtt: Span,
    jitter: Span,
    /// Bits per second.
    down: u64,
    up: u64,
    /// From good to bad, and back, in millionths; independent losses if there is only the first.
    loss: (u32, Option<u32>),
    queue: u64,
    mtu: u64,
    kind: &'p str,
    radio: &'p str,
    /// What such a tool cannot do.
    left_out: Vec<&'static str>,
}

/// A share, or bursts; for bursts that occur only now and then, their mean.
fn loss(text: &str) -> (u32, Option<u32>) {
    let table = format!("loss = {text}").parse::<toml::Table>().ok();
    let bursts = table.as_ref().and_then(|table| table["loss"].as_table());
    let Some(bursts) = bursts else { return (text.parse().map_or(0, |share: Ppm| share.0), None) };
    let number = |key: &str| bursts.get(key).and_then(toml::Value::as_float).unwrap_or(0.0);
    let span = |key: &str| bursts.get(key)?.as_str()?.parse::<Span>().ok();
    let ppm = |share: f64| (share * 1e6) as u32;
    let (p, r) = (number("p"), number("r"));
    match (span("every"), span("for")) {
        (Some(every), Some(lasts)) => {
            (ppm(p / (p + r).max(1e-9) * lasts.as_secs_f64() / every.as_secs_f64().max(1e-9)), None)
        }
        _ => (ppm(p), Some(ppm(r))),
    }
}

impl Shape<'_> {
    /// The mean share of lost packets, in percent.
    fn mean_loss(&self) -> f64 {
        let (p, r) = (f64::from(self.loss.0), self.loss.1.map(f64::from));
        r.map_or(p / 1e4, |r| (p / (p + r) * 1e4).round() / 1e2)
    }
    fn of(profile: &Profile) -> Option<Shape<'_>> {
        let said = |key: &str| profile.figures.iter().find(|figure| figure.key == key);
        let text = |key: &str| said(key).map_or("", |figure| figure.value.as_str());
        let rate = |key: &str| text(key).parse::<BitRate>().ok().map(|rate| rate.0);
        let others = [
            ("variation.sigma", "rates that vary"),
            ("gaps.mtbf", "gaps"),
            ("promotion.takes", "a radio that wakes up"),
            ("response_loss", "lost responses"),
        ];
        let is_said = |key: &str| said(key).is_some_and(|figure| !["0", "0s"].contains(&&*figure.value));
        Some(Shape {
            name: &profile.name,
            rtt: text("rtt").parse().ok()?,
            jitter: text("jitter").parse().unwrap_or(Span::ZERO),
            down: rate("down")?,
            up: rate("up")?,
            loss: loss(text("loss")),
            queue: text("queue").parse::<Bytes>().map_or(1 << 18, |bytes| bytes.0),
            mtu: text("mtu").parse().unwrap_or(1_500),
            kind: text("kind"),
            radio: text("radio"),
            left_out: others.into_iter().filter(|(key, _)| is_said(key)).map(|(_, word)| word).collect(),
        })
    }

    fn one_way_ms(&self) -> u64 {
        self.rtt.0 / 2_000_000
    }

    fn toxiproxy(&self) -> String {
        let kb = |bits: u64| (bits / 8_000).max(1);
        let (name, latency, jitter) = (self.name, self.one_way_ms(), self.jitter.0 / 1_000_000);
        let mut text =
            format!("toxiproxy-cli create --listen 127.0.0.1:8474 --upstream 127.0.0.1:3000 {name}\n");
        for (stream, rate) in [("downstream", self.down), ("upstream", self.up)] {
            let way = format!("--{stream} {name}");
            text += &format!(
                "toxiproxy-cli toxic add -n latency_{stream} -t latency -a latency={latency} -a jitter={jitter} {way}\n"
            );
            let rate = kb(rate);
            text +=
                &format!("toxiproxy-cli toxic add -n bandwidth_{stream} -t bandwidth -a rate={rate} {way}\n");
        }
        text
    }

    fn netem(&self) -> String {
        let percent = |ppm: u32| format!("{}%", f64::from(ppm) / 1e4);
        let loss = match self.loss {
            (0, _) => String::new(),
            (p, Some(r)) => format!(" loss gemodel {} {}", percent(p), percent(r)),
            (p, None) => format!(" loss {}", percent(p)),
        };
        let (delay, jitter) = (self.one_way_ms(), self.jitter.0 / 1_000_000);
        let jitter =
            if jitter == 0 { String::new() } else { format!(" {jitter}ms distribution paretonormal") };
        let limit = (self.queue / self.mtu).max(4);
        let shape = |rate: u64| {
            format!("netem delay {delay}ms{jitter}{loss} rate {}kbit limit {limit}", rate / 1_000)
        };
        format!(
            "DEV=eth0\n\
             tc qdisc replace dev $DEV root {}\n\
             modprobe ifb && ip link add ifb0 type ifb && ip link set ifb0 up\n\
             tc qdisc add dev $DEV handle ffff: ingress\n\
             tc filter add dev $DEV parent ffff: matchall action mirred egress redirect dev ifb0\n\
             tc qdisc replace dev ifb0 root {}\n",
            shape(self.up),
            shape(self.down)
        )
    }

    fn chrome(&self) -> String {
        let kind = match (self.kind, self.radio) {
            ("wifi", _) => "wifi",
            (_, "2g") => "cellular2g",
            (_, "3g") => "cellular3g",
            (_, "lte" | "5g") => "cellular4g",
            _ => "other",
        };
        let conditions = serde_json::json!({
            "offline": false,
            "latency": self.rtt.0 / 1_000_000,
            "downloadThroughput": self.down / 8,
            "uploadThroughput": self.up / 8,
            "connectionType": kind,
            "packetLoss": self.mean_loss(),
            "packetQueueLength": self.queue / self.mtu,
        });
        format!("{conditions:#}\n")
    }
}

/// A link in the format of a tool, and what that leaves out.
pub(super) fn shaped(profile: &Profile, format: LinkFormat) -> anyhow::Result<(String, String)> {
    let Some(mut shape) = Shape::of(profile) else {
        return Err(Refusal::usage(format!("{} is not a link: --format is for links", profile.name)));
    };
    if format == LinkFormat::Toxiproxy && shape.loss.0 > 0 {
        shape.left_out.push("lost packets");
    }
    let text = match format {
        LinkFormat::Toxiproxy => shape.toxiproxy(),
        LinkFormat::Netem => shape.netem(),
        LinkFormat::Chrome => shape.chrome(),
    };
    let left_out = shape.left_out.join(", ");
    let note = format!("note: it leaves out {left_out}; `syncdyno serve` has them\n");
    Ok((text, if left_out.is_empty() { left_out } else { note }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Library;

    #[test]
    fn every_link_has_a_shape_in_each_format_and_nothing_else_has() {
        for link in Library::Links.profiles() {
            for format in [LinkFormat::Toxiproxy, LinkFormat::Netem, LinkFormat::Chrome] {
                let (text, _) = shaped(link, format).expect("it is a link");
                assert!(!text.contains("rate=0") && !text.contains("rate 0kbit"), "{text}");
            }
        }
        let congested = Library::Links.find("wifi-congested").expect("it is there");
        let (netem, _) = shaped(congested, LinkFormat::Netem).expect("it is a link");
        assert!(netem.contains("loss gemodel 0.4% 33%"), "{netem}");
        let (leo, _) =
            shaped(Library::Links.find("leo").expect("it is there"), LinkFormat::Netem).expect("it is one");
        assert!(leo.contains("loss 1%"), "{leo}");
        for class in Library::Classes.profiles() {
            assert!(shaped(class, LinkFormat::Netem).is_err(), "{}", class.name);
        }
    }

    #[test]
    fn a_poor_mobile_link_is_what_the_table_says() {
        let link = Library::Links.find("lte-poor").expect("it is there");
        let of = |format| shaped(link, format).expect("it is a link");
        let (netem, left) = of(LinkFormat::Netem);
        assert!(netem.contains("dev $DEV root netem delay 50ms 15ms distribution paretonormal loss 0.05% rate 700kbit limit 341\n"), "{netem}");
        assert!(netem.contains("dev ifb0 root netem delay 50ms") && netem.contains("rate 2000kbit"));
        assert_eq!(
            left,
            "note: it leaves out rates that vary, gaps, a radio that wakes up; `syncdyno serve` has them\n"
        );
        let toxi = of(LinkFormat::Toxiproxy).0;
        assert!(toxi.contains("-t latency -a latency=50 -a jitter=15 --downstream lte-poor\n"), "{toxi}");
        assert!(toxi.contains("-t bandwidth -a rate=87 --upstream lte-poor\n"), "{toxi}");
        let chrome: serde_json::Value = serde_json::from_str(&of(LinkFormat::Chrome).0).expect("it is JSON");
        assert_eq!(chrome["downloadThroughput"], 250_000);
        assert_eq!((&chrome["latency"], &chrome["connectionType"]), (&100.into(), &"cellular4g".into()));
    }
}
