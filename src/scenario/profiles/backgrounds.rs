//! The library of what operating systems allow apps in the background.

use std::sync::LazyLock;

use super::figures::{ESTIMATE, Profile, profile};

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

pub(super) static BACKGROUNDS: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    vec![
        profile(
            "android-doze",
            vec![
                ("stays", "1h", DOZE),
                ("window", "5m", DOZE),
                ("longest", "10m", DOZE),
                ("every", "1h", DOZE),
                ("growth", "2", DOZE),
                ("cap", "6h", DOZE),
                ("sockets", "1m", ESTIMATE),
            ],
        ),
        profile(
            "android-bucket-rare",
            vec![
                ("stays", "1m", ESTIMATE),
                ("window", "10m", BUCKETS),
                ("every", "24h", BUCKETS),
                ("sockets", "1m", ESTIMATE),
            ],
        ),
        profile(
            "ios-background",
            vec![
                ("stays", "30s", LEFT),
                ("window", "30s", REFRESH),
                ("every", "1h", "estimate: the system decides, by when and how often the app is used"),
                ("sockets", "10s", SUSPENDED),
            ],
        ),
        profile(
            "ios-transfers",
            vec![
                ("stays", "30s", LEFT),
                ("window", "10s", "estimate: as long as the app needs to take what came"),
                ("every", "1m", LIMITER),
                ("growth", "2", LIMITER),
            ],
        ),
    ]
});
