//! The library of what operating systems allow apps in the background.

use std::sync::LazyLock;

use super::figures::{ESTIMATE, Profile, profile};

const DOZE: &str = "Android, Optimize for Doze and App Standby: half an hour unused, then windows that \
                    come less and less often; after 1, 2, 4, 6 and 6 h, of 5 to 10 min (DeviceIdleController)";
const BUCKETS: &str =
    "Android, App Standby Buckets and power management restrictions: rare, jobs for 10 min in 24 h";
const LEFT: &str = "Apple, Extending your app's background execution time: an app that asks for it gets \
                    some 30 s";
const REFRESH: &str = "Apple, BGAppRefreshTask: up to 30 s";
const LIMITER: &str = "Apple Developer Forums 14854, NSURLSession's resume rate limiter: who sends one \
                       transfer after the other waits twice as long each time; from 60 s on (128813)";
const SUSPENDED: &str = "estimate: the system takes a suspended app's sockets when it likes (Apple, TN2277)";

pub(super) static BACKGROUNDS: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    vec![
        profile(
            "android-doze",
            vec![
                ("stays", "30m", DOZE),
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
