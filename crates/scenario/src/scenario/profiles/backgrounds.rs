//! The library of the limits that operating systems set for apps in the background.

use std::sync::LazyLock;

use super::figures::{ESTIMATE, Profile, Row, profiles};

const DOZE: &str = "Android, DeviceIdleController, defaults of deep Doze: 30 min unused and as long \
                    again at rest, then windows after 1, 2, 4, 6 and 6 h, of 5 and then 10 min; light \
                    Doze, which comes within minutes, is left out";
const BUCKETS: &str = "Android, Power management resource limits: rare, jobs for 10 min in 24 h";
const LEFT: &str = "Apple, Extending your app's background execution time: an app that asks for it gets \
                    some 30 s";
const REFRESH: &str = "Apple, BGAppRefreshTask: up to 30 s";
const LIMITER: &str = "estimate: Apple, Downloading files in the background, says that the delay grows \
                       each time an app is resumed, not how; posts of its forums (14854, 128813) say \
                       doubled, from 60 s on";
const SUSPENDED: &str = "estimate: Apple, TN2277, says that the system may take a suspended app's sockets, \
                         not when";

const ROWS: &[Row] = &[
    ("name stays window longest every growth cap", "android-doze 1h 5m 10m 1h 2 6h", DOZE),
    ("sockets", "1m", ESTIMATE),
    ("name stays", "android-bucket-rare 1m", ESTIMATE),
    ("window every", "10m 24h", BUCKETS),
    ("sockets", "1m", ESTIMATE),
    ("name stays", "ios-background 30s", LEFT),
    ("window", "30s", REFRESH),
    ("every", "1h", "estimate: the system decides, by when and how often the app is used"),
    ("sockets", "10s", SUSPENDED),
    ("name stays", "ios-transfers 30s", LEFT),
    ("window", "10s", "estimate: as long as the app needs to take what came"),
    ("every growth", "1m 2", LIMITER),
];

pub(super) static BACKGROUNDS: LazyLock<Vec<Profile>> = LazyLock::new(|| profiles(ROWS));
