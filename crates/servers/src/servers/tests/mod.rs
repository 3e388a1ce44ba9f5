//! Halves, asked as phones ask them: with bytes of requests, over the backend of the bench.

mod bench;
mod couch;
mod couch_feeds;
mod plain;
mod rx;
mod tinybase;
mod watermelon;
#[cfg(feature = "yjs")]
mod yjs;

use super::{find, options, servers};

#[test]
fn a_name_of_an_option_means_the_same_in_each_half() {
    let all = options();
    for half in servers() {
        assert_eq!(find(half.name).map(|found| found.about), Some(half.about));
        for option in half.options {
            let same = all.iter().find(|it| it.name == option.name).expect("it is listed");
            assert_eq!(
                (&same.form, &same.preset, &same.about),
                (&option.form, &option.preset, &option.about)
            );
        }
    }
    assert!(all.windows(2).all(|two| two[0].name < two[1].name));
}
