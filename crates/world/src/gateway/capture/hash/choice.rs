//! The scenario keys of the capture by comparison, and its properties.

use super::Hash;
use super::options::{HashOptions, Keep, Snapshot, Source};
use crate::backend::FileDrop;
use crate::config::form::{Form, Needs, PERIOD, SOME, SPAN, Stated as _, key, optional, owned, table, word};
use crate::config::view::{View, read};
use crate::gateway::capture::choice::{Around, Capture, Choice, Kind, Properties};
use crate::gateway::capture::seam::Strategy;

const OPTIONS: Form = table(&[
    word::<Keep>("keep").about("What the gateway keeps of each row that a reader has: a hash, or a copy. With a copy, a changed row brings only the columns that differ."),
    owned("canonical", Form::Bool, || HashOptions::default().canonical.stated())
        .about("Whether rows are hashed in a canonical form. If false, they are hashed as the source writes them, each time in another style."),
    word::<Snapshot>("snapshot")
        .about("How all rows of the source are read."),
    owned("read_rows", SOME, || HashOptions::default().read_rows.stated())
        .about("Rows per page if `snapshot` is \"torn\" or \"two-pass\". Each request of a pull reads one page.")
        .needs(&Needs {
            of: &[".snapshot"],
            holds: |of| !of[0].says(Snapshot::Isolated),
            why: "the source is read at one instant, not in pages",
            help: "remove the key, or set snapshot = \"torn\" or \"two-pass\"",
        }),
    key("source", Form::Word(&["api", "file"]), "\"api\"")
        .about("Where all rows come from: requests to the backend (\"api\"), or export files that the backend writes (\"file\")."),
    key("file_every", PERIOD, "\"1h\"")
        .about("Time from the start of one export file to the start of the next.")
        .needs(DROPS),
    key("file_takes", SPAN, "\"0s\"")
        .about("How long the backend writes a file. Until then the file is incomplete.")
        .needs(DROPS),
    key("trailer", Form::Bool, "true")
        .about("Whether a file counts only if its last line says that it is complete.")
        .needs(DROPS),
]);

pub(crate) const KIND: Kind = Kind {
    key: optional("hash", OPTIONS)
        .about("Finds changes by a comparison of all rows with the rows that were sent before."),
    read: chosen,
    examples: &[("{ hash = {} }", || HashOptions::default().into())],
};

const DROPS: &Needs = &Needs {
    of: &[".source"],
    holds: |of| of[0].text() == "file",
    why: "the gateway asks the backend for all rows, and the backend writes no file",
    help: "remove the key, or set source = \"file\"",
};

fn chosen(view: View<'_>, around: Around<'_>) -> Capture {
    let source = match view.at("source").text() {
        "file" => {
            around.wrong.in_order(view, ["file_takes", "file_every"], true);
            let drop = FileDrop { every: view.at("file_every").span(), takes: view.at("file_takes").span() };
            Source::File { drop, trailer: view.at("trailer").flag() }
        }
        _ => Source::Api,
    };
    read!(view, HashOptions { keep canonical snapshot read_rows } with { source }).into()
}

impl Choice for HashOptions {
    fn properties(&self) -> Properties {
        let receipts = "the next request marks its page as held, and that page may never be committed";
        let alone = "each worker would keep its own hashes, and copy everything";
        let files = if let Source::File { drop, .. } = self.source { Some(drop) } else { None };
        Properties {
            finds_absence: true,
            takes_receipts: Some(receipts),
            files,
            knows_devices: true,
            works_alone: Some(alone),
            knows_one_app: true,
            ..Properties::default()
        }
    }

    fn strategy(&self) -> Box<dyn Strategy> {
        Box::new(Hash::new(*self))
    }
}
