//! The gateway and its backend link.

use super::ResolveContext;
use super::fleet::named_link;
use super::links::limits;
use crate::backend::LogOptions;
use crate::base::{BitRate, Bytes, Span, Word as _};
use crate::config::view::{Mistakes, View, read};
use crate::gateway::{
    self, Around, Capture, CursorHolder, HistoryOptions, JobOptions, Mode, RefreshOptions, ScopeChange,
    UploadCacheOptions,
};
use crate::net::Profile;
use crate::protocol::{self, Codec, Coding, LIMIT, Packing};

pub(super) const SERVED: &str = "gateway.serve.capture";
const FED: &str = "gateway.refresh.capture";
pub(super) const CARRIED: &str = "integration.capture";

impl ResolveContext<'_> {
    pub(super) fn gateway(&self) -> gateway::GatewayOptions {
        let mut events = self.root.at("event").entries();
        let happens = events.any(|(_, event)| event.at("backend_link_outage").present().is_some());
        let backend_link = self.root.at("gateway.backend_link");
        let mode = self.mode();
        let (serve, refresh) = match mode {
            Mode::Ota => (self.capture(SERVED), RefreshOptions::default()),
            Mode::Persistent => (Capture::default(), self.refresh(self.root.at("gateway.refresh"))),
        };
        let limits = limits(self.root.at("gateway"));
        let token = self.root.at("gateway.token");
        self.mistakes.in_order(token, ["life", "refresh_life"], false);
        gateway::GatewayOptions {
            body_limit: limits.request,
            response_limit: limits.answer,
            codec: self.codec(),
            coding_rate: self.root.at("gateway.coding_rate").present().map(View::bytes),
            mode,
            scope_change: self.scope_change(self.root.at("gateway.scope_change"), &serve),
            serve,
            cursors: match self.root.at("gateway.serve.cursor_held_by").text() {
                "server" => CursorHolder::Server(self.root.at("gateway.serve.server_cursor").word()),
                _ => CursorHolder::Client,
            },
            backend_restored: self.root.at("gateway.backend_restored").word(),
            restored: self.root.at("gateway.restored").word(),
            attachment_again: self.root.at("gateway.attachment_again").word(),
            refresh,
            refresh_life: token.of("refresh_life"),
            token_life: token.of("life"),
            job: self.job(self.root.at("gateway.job")),
            clock_tolerance: self.root.of("gateway.clock_tolerance"),
            upload_cache: self.upload_cache(self.root.at("gateway.upload_cache")),
            backend_link: (happens || backend_link.present().is_some())
                .then(|| self.backend_link(backend_link)),
        }
    }

    fn scope_change(&self, view: View<'_>, serve: &Capture) -> ScopeChange {
        let change = view.word();
        if change != ScopeChange::Backfill {
            return change;
        }
        let help = "write scope_change = \"reload\": then the device loads its scope again";
        if self.mode() == Mode::Persistent {
            let why = "a replica sends rows in the order in which they arrived, and has no list per scope";
            self.mistakes.given(&[self.root.at("gateway.mode")]).at(view, why, help);
        } else if serve.knows_devices {
            let why =
                "this capture remembers the rows of each device, and itself compares them with the scope";
            self.mistakes.given(&[self.root.at(SERVED)]).at(view, why, help);
        }
        change
    }

    fn upload_cache(&self, view: View<'_>) -> Option<UploadCacheOptions> {
        let view = view.present()?;
        if self.mode() == Mode::Persistent {
            let why = "a gateway in mode \"persistent\" has a queue of uploads that also keeps the results";
            let help =
                "set `gateway.refresh.kept` to the time that results are kept, or write mode = \"ota\"";
            self.mistakes.at(view, why, help);
        }
        self.mistakes.in_order(view, ["resubmit", "kept"], true);
        self.mistakes.in_order(view, ["wait", "resubmit"], false);
        Some(read!(view, UploadCacheOptions { kept wait resubmit durable }))
    }

    /// Reads the options of jobs. Refuses a gateway that takes the next request as a receipt,
    /// because it may return the result of a job twice or never.
    fn job(&self, view: View<'_>) -> Option<JobOptions> {
        let view = view.present()?;
        let mode = self.root.at("gateway.mode");
        if self.mode() == Mode::Persistent {
            let title = "a gateway in mode \"persistent\" responds from its replica at once, without jobs";
            self.mistakes.given(&[mode]).at(view, title, "write gateway.mode = \"ota\", or leave out `job`");
        }
        let held = self.root.at("gateway.serve.cursor_held_by");
        let serve = captured(self.root, SERVED, &Mistakes::default());
        let by_receipt = serve.is_some_and(|serve| serve.takes_receipts.is_some());
        if held.text() == "server" || by_receipt {
            let title = "a job's result may be given twice or never, but this gateway counts each response as received";
            let help = "write cursor_held_by = \"client\" and a capture by `last_modified` or `change_log`";
            self.mistakes.given(&[held, self.root.at(SERVED)]).at(view, title, help);
        }
        Some(read!(view, JobOptions { after ask_again result kept }))
    }

    pub(super) fn codec(&self) -> Codec {
        let (written, spoken) = (self.root.at("engine.codec"), self.root.at("gateway.codecs"));
        let name = written.text();
        if spoken.items().all(|codec| ![name, protocol::ANY].contains(&codec.text())) {
            let title = format!("the gateway does not support \"{name}\", the format of the devices");
            let help = format!(
                "add \"{name}\" to `gateway.codecs`, or set `engine.codec` to a format of `gateway.codecs`"
            );
            self.mistakes.among(&[written, spoken], title, help);
        }
        protocol::packed(name, self.coding()).unwrap_or_default()
    }

    fn coding(&self) -> Coding {
        let (packing, known) = (self.root.at("engine.compression"), self.root.at("gateway.compressions"));
        let coding = Coding {
            packing: packing.word(),
            packs: self.root.at("engine.compressed").word(),
            counts: self.root.at("engine.pull.bytes_count").word(),
        };
        let word = coding.packing.word();
        if coding.packing != Packing::None && known.items().all(|known| known.text() != word) {
            let title = format!("devices use the compression \"{word}\", which the gateway cannot read");
            let help = format!(
                "add \"{word}\" to `gateway.compressions`, or set `engine.compression` to one of its values"
            );
            self.mistakes.among(&[packing, known], title, help);
        }
        let most = self.root.at("engine.pull.chunk_bytes");
        if coding.packing != Packing::None && most.bytes().0 > LIMIT / 2 {
            let title = "a compressed page of that size is treated as a zip bomb".to_owned();
            let help =
                format!("write at most {}, half of the limit for a decompressed message", Bytes(LIMIT / 2));
            self.mistakes.given(&[packing]).at(most, title, help);
        }
        coding
    }

    pub(super) fn mode(&self) -> Mode {
        self.root.at("gateway.mode").word()
    }
    fn refresh(&self, view: View<'_>) -> RefreshOptions {
        let kept = self.root.at("backend.tombstones_kept").span();
        let Some(view) = view.present() else {
            let options = RefreshOptions { kept, ..RefreshOptions::default() };
            self.fits(&options.capture, FED);
            return options;
        };
        // A refresh of the replica removes tombstones that are older than `kept`.
        self.mistakes.in_order(view, ["every", "kept"], false);
        let capture = self.capture(FED);
        read!(view, RefreshOptions {
            every upload_every page fencing cursor_saved
        } with {
            nodes: self.nodes(view.at("nodes"), &capture),
            capture,
            history: view.at("history").present().map(|history| read!(history, HistoryOptions { compacted_every })),
            kept: view.of::<_, Option<Span>>("kept").unwrap_or(kept),
        })
    }

    fn nodes(&self, view: View<'_>, capture: &Capture) -> u32 {
        if view.count() > 1
            && let Some(why) = capture.takes_receipts
        {
            let why = format!("several nodes use the same cursor, but {why}");
            let shared = Capture::such(|capture| capture.takes_receipts.is_none());
            self.mistakes.at(
                view,
                why,
                format!("write a capture by {shared}, which several nodes can share, or `nodes = 1`"),
            );
        }
        view.count()
    }

    fn backend_link(&self, view: View<'_>) -> gateway::BackendLinkOptions {
        let named = view.at("link").present();
        let like = named.and_then(|name| named_link(self, name.text(), name));
        let like = like.as_deref();
        // If the link replays a trace, the rate is the mean of the trace.
        let rate = |of: fn(&Profile) -> BitRate| view.of::<_, Option<BitRate>>("rate").or(like.map(of));
        gateway::BackendLinkOptions {
            rtt: view.of::<_, Option<Span>>("rtt").or(like.map(|like| like.rtt)).unwrap_or(Span::ZERO),
            up: rate(|like| like.up),
            down: rate(|like| like.down),
            availability: self.availability(view.at("availability")),
        }
    }

    pub(super) fn capture(&self, key: &str) -> Capture {
        let capture = captured(self.root, key, self.mistakes).unwrap_or_default();
        self.fits(&capture, key);
        capture
    }

    fn fits(&self, capture: &Capture, key: &str) {
        let provisioning_at = self.root.at("backend.provisioning");
        let provisioning = provisioning_at.word();
        if let Err(unfit) = capture.fits(provisioning) {
            let whose = self.root.at(key).profile();
            let whose = whose.map_or(String::new(), |name| format!(" of `{name}`"));
            let mode = if key == FED { Mode::Persistent } else { Mode::Ota };
            let others: Vec<String> =
                Capture::fitting(provisioning, mode).map(|written| format!("`{written}`")).collect();
            let help = format!(
                "`{key}`{whose} needs {}; or keep this `provisioning`, and write the capture as {}",
                unfit.instead,
                others.join(" or ")
            );
            self.mistakes.at(provisioning_at, unfit.why, help);
        }
    }

    pub(super) fn change_log(&self) -> Option<LogOptions> {
        let backend = self.root.at("backend");
        self.captures().any(|capture| capture.reads_log).then(|| LogOptions {
            kept: backend.at("log.kept").span(),
            numbered: backend.at("log.numbered").word(),
            rearm: backend.at("rearm").word(),
        })
    }

    /// All capture strategies that the file configures.
    pub(super) fn captures(&self) -> impl Iterator<Item = Capture> {
        let captured = |place| captured(self.root, place, &Mistakes::default());
        [SERVED, FED, CARRIED].into_iter().filter_map(captured)
    }
}

pub(super) fn captured(root: View<'_>, place: &str, mistakes: &Mistakes) -> Option<Capture> {
    Capture::read(
        root.at(place),
        Around { wrong: mistakes, tombstones_kept: root.at("backend.tombstones_kept") },
    )
}
