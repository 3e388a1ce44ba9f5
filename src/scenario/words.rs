//! Words of scenario files that choose between values which other keys complete.

use crate::base::in_words;

/// Who remembers where a device is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Holder {
    #[default]
    Client,
    Server,
}
in_words!(Holder { Client: "client", Server: "server" });

/// Where rows come from that are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ReadFrom {
    #[default]
    Api,
    File,
}
in_words!(ReadFrom { Api: "api", File: "file" });
