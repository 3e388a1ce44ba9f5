//! The gateway, and the way from there to the backend.

use super::World;
use super::fleet::named_link;
use super::links::limits;
use crate::backend::{FileDrop, LogOptions, Upto};
use crate::base::{BitRate, Bytes, Span, Word as _};
use crate::config::view::{View, read};
use crate::gateway::{
    self, Capture, ChangeLogOptions, CursorHolder, FlagForm, FlagOptions, HashOptions, LastModifiedOptions,
    Mode, RefreshOptions, Source, UploadCacheOptions,
};
use crate::net::Profile;
use crate::protocol::{self, Codec, Coding, LIMIT, Packing};

const FED: &str = "gateway.refresh.capture";
pub(super) const CARRIED: &str = "integration.capture";

impl World<'_> {
    pub(super) fn gateway(&self) -> gateway::GatewayOptions {
        let mut events = self.root.at("event").entries();
        let happens = events.any(|(_, event)| event.at("backend_link_outage").present().is_some());
        let backend_link = self.root.at("gateway.backend_link");
        let mode = self.mode();
        let (serve, refresh) = match mode {
            Mode::Ota => (self.capture("gateway.serve.capture"), RefreshOptions::default()),
            Mode::Persistent => (Capture::default(), self.refresh(self.root.at("gateway.refresh"))),
        };
        let limits = limits(self.root.at("gateway"));
        let token = self.root.at("gateway.token");
        self.wrong.in_order(token, ["life", "refresh_life"], false);
        gateway::GatewayOptions {
            body_limit: limits.request,
            response_limit: limits.answer,
            codec: self.codec(),
            coding_rate: self.root.at("gateway.coding_rate").present().map(View::bytes),
            mode,
            serve,
            cursors: self.cursors(self.root.at("gateway.serve")),
            backend_restored: self.root.at("gateway.backend_restored").word(),
            restored: self.root.at("gateway.restored").word(),
            refresh,
            refresh_life: token.of("refresh_life"),
            token_life: token.of("life"),
            upload_cache: self.upload_cache(self.root.at("gateway.upload_cache")),
            backend_link: (happens || backend_link.present().is_some())
                .then(|| self.backend_link(backend_link)),
        }
    }

    fn upload_cache(&self, view: View<'_>) -> Option<UploadCacheOptions> {
        let view = view.present()?;
        if self.mode() == Mode::Persistent {
            let why = "a gateway in mode \"persistent\" has a queue of uploads, which keeps the verdicts too";
            let help = "`gateway.refresh.kept` says for how long; a cache of uploads is for mode \"ota\"";
            self.wrong.at(view, why, help);
        }
        self.wrong.in_order(view, ["resubmit", "kept"], true);
        self.wrong.in_order(view, ["wait", "resubmit"], false);
        Some(read!(view, UploadCacheOptions { kept wait resubmit durable }))
    }

    pub(super) fn codec(&self) -> Codec {
        let (written, spoken) = (self.root.at("engine.codec"), self.root.at("gateway.codecs"));
        if spoken.items().all(|codec| codec.text() != written.text()) {
            let title = format!("the gateway does not speak \"{}\", which devices write", written.text());
            let help = format!(
                "add \"{}\" to `gateway.codecs`, or let `engine.codec` be one of those",
                written.text()
            );
            self.wrong.among(&[written, spoken], title, help);
        }
        protocol::packed(written.text(), self.coding()).unwrap_or_default()
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
            let title = format!("the gateway cannot unpack \"{word}\", as devices pack");
            let help = format!(
                "add \"{word}\" to `gateway.compressions`, or let `engine.compression` be one of those"
            );
            self.wrong.among(&[packing, known], title, help);
        }
        let most = self.root.at("engine.pull.chunk_bytes");
        if coding.packing != Packing::None && most.bytes().0 > LIMIT / 2 {
            let title = "a packed page of that size is taken for a bomb".to_owned();
            let help = format!("at most {}, half of what a message may unpack to", Bytes(LIMIT / 2));
            self.wrong.given(&[packing]).at(most, title, help);
        }
        coding
    }

    fn cursors(&self, serve: View<'_>) -> CursorHolder {
        match serve.at("cursor_held_by").text() {
            "server" => CursorHolder::Server(serve.at("server_cursor").word()),
            _ => CursorHolder::Client,
        }
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
        // It forgets as it is refreshed.
        self.wrong.in_order(view, ["every", "kept"], false);
        let capture = self.capture(FED);
        read!(view, RefreshOptions {
            every upload_every page fencing cursor_saved
        } with {
            nodes: self.nodes(view.at("nodes"), &capture),
            capture,
            kept: view.of::<_, Option<Span>>("kept").unwrap_or(kept),
        })
    }

    fn nodes(&self, view: View<'_>, capture: &Capture) -> u32 {
        if view.count() > 1
            && let Some(why) = capture.takes_receipts()
        {
            let why = format!("several nodes ask with the same cursor, and {why}");
            let help = "a capture by `last_modified` or `change_log` can be shared, or `nodes = 1`";
            self.wrong.at(view, why, help);
        }
        view.count()
    }

    fn backend_link(&self, view: View<'_>) -> gateway::BackendLinkOptions {
        let named = view.at("link").present();
        let like = named.and_then(|name| named_link(self, name.text(), name));
        let like = like.as_deref();
        // Where the link replays a trace this is the trace's mean.
        let rate = |of: fn(&Profile) -> BitRate| view.of::<_, Option<BitRate>>("rate").or(like.map(of));
        gateway::BackendLinkOptions {
            rtt: view.of::<_, Option<Span>>("rtt").or(like.map(|like| like.rtt)).unwrap_or(Span::ZERO),
            up: rate(|like| like.up),
            down: rate(|like| like.down),
            availability: self.availability(view.at("availability")),
        }
    }

    pub(super) fn capture(&self, key: &str) -> Capture {
        let view = self.root.at(key);
        let capture = if let Some(flag) = view.at("flag").present() {
            Capture::Flag(self.flag(flag))
        } else if let Some(log) = view.at("change_log").present() {
            Capture::ChangeLog(read!(log, ChangeLogOptions { holes trimmed }))
        } else if let Some(compare) = view.at("hash").present() {
            Capture::Hash(self.hash(compare))
        } else {
            Capture::LastModified(self.last_modified(view.at("last_modified")))
        };
        self.fits(&capture, key);
        capture
    }

    fn fits(&self, capture: &Capture, key: &str) {
        let provisioning_at = self.root.at("backend.provisioning");
        let provisioning = provisioning_at.word();
        if let Err(unfit) = capture.fits(provisioning) {
            let whose = self.root.at(key).profile();
            let whose = whose.map_or(String::new(), |name| format!(", as `{name}` has it,"));
            let mode = if key == FED { Mode::Persistent } else { Mode::Ota };
            let others: Vec<String> =
                Capture::fitting(provisioning, mode).map(|written| format!("`{written}`")).collect();
            let help = format!(
                "for `{key}`{whose} it takes {}; with this one it may be {}",
                unfit.instead,
                others.join(" or ")
            );
            self.wrong.at(provisioning_at, unfit.why, help);
        }
    }

    fn last_modified(&self, view: View<'_>) -> LastModifiedOptions {
        let window = view.at("window");
        let options = read!(view, LastModifiedOptions {
            bound paging source precision end stamps
        } with {
            upto: match window.text() {
                "settled" => Upto::Settled,
                _ => Upto::Behind(window.span()),
            },
            reconcile: view.at("reconcile").present().map(|view| view.at("every").span()),
        });
        if let Some(unfit) = options.contradiction() {
            self.wrong.at(view.at("bound"), unfit.why, format!("it takes {}", unfit.instead));
        }
        if let Upto::Behind(behind) = options.upto {
            self.within_tombstones(window, behind);
        }
        options
    }

    /// A reader that has everything is behind by the window, and does not move before that has
    /// grown by a tenth of what tombstones are kept for. A cursor that is older than those has
    /// expired, so a longer window loads for ever.
    fn within_tombstones(&self, window: View<'_>, behind: Span) {
        let kept_at = self.root.at("backend.tombstones_kept");
        let kept = kept_at.span();
        let limit = Span(kept.0 - kept.0 / 10);
        if behind >= limit {
            let title = format!(
                "a cursor that stays {behind} behind expires, as the backend keeps tombstones for {kept}"
            );
            let help = format!("from \"0s\" to less than {limit}, or a longer `backend.tombstones_kept`");
            self.wrong.given(&[kept_at]).at(window, title, help);
        }
    }

    fn flag(&self, view: View<'_>) -> FlagOptions {
        let form: FlagForm = view.at("form").word();
        let lease = view.at("lease");
        if lease.present().is_some() && !form.holds_claims() {
            let help = "form = \"status\" or \"combination\" can say who is at work on a row";
            self.wrong.given(&[view.at("form")]).at(lease, "this flag has no room for a claim", help);
        }
        read!(view, FlagOptions {
            initial set reset per unreadable on_unreadable
        } with {
            form,
            lease: lease.present().map(View::span),
        })
    }

    pub(super) fn log(&self) -> Option<LogOptions> {
        let asks = |place: &str| {
            let capture = self.root.at(place);
            ["flag", "change_log"].iter().any(|kind| capture.at(kind).present().is_some())
        };
        let backend = self.root.at("backend");
        ["gateway.serve.capture", FED, CARRIED].into_iter().any(asks).then(|| LogOptions {
            kept: backend.at("log.kept").span(),
            numbered: backend.at("log.numbered").word(),
            rearm: backend.at("rearm").word(),
        })
    }

    pub(super) fn files(&self) -> Option<FileDrop> {
        let places =
            ["gateway.serve.capture.hash", "gateway.refresh.capture.hash", "integration.capture.hash"];
        places.into_iter().find_map(|place| match hash_options(self.root.at(place).present()?).source {
            Source::File { drop, .. } => Some(drop),
            Source::Api => None,
        })
    }
    fn hash(&self, view: View<'_>) -> HashOptions {
        let options = hash_options(view);
        if let Source::File { .. } = options.source {
            self.wrong.in_order(view, ["file_takes", "file_every"], true);
        }
        options
    }
}

fn hash_options(view: View<'_>) -> HashOptions {
    read!(view, HashOptions {
        keep canonical snapshot read_rows
    } with {
        source: match view.at("source").text() {
            "file" => Source::File {
                drop: FileDrop { every: view.at("file_every").span(), takes: view.at("file_takes").span() },
                trailer: view.at("trailer").flag(),
            },
            _ => Source::Api,
        },
    })
}
