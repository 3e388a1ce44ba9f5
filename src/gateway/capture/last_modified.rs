//! By the time of last modification.
//!
//! A device keeps the greatest time it has seen, and asks for what changed since. That is as good
//! as its details: what begins the next page, whose clock the time is of, how it is cut on its way,
//! how close to the present a pull comes. The default loses nothing: pages begin after the last
//! (stamp, key), and a pull stays behind what is still to be seen. All others are met in the field,
//! and each loses rows, or never ends, or has pages without bound, in its own way.
//!
//! How: `by_time` is the strategy, `cursor` what goes to the device and back. Either each page
//! begins where the last ended (`by_key`, `by_stamp`), or all pages of a pull begin at one time
//! (`by_course`). `reconcile` is put around that, and looks for rows that are gone without a trace.

mod by_time;
mod cursor;
mod options;
mod reconcile;

use self::by_time::LastModified;
use self::reconcile::Reconciling;
use super::seam::Strategy;

pub use options::{Bound, End, LastModifiedOptions, Paging, Source, Stamps};

pub(super) fn strategy(options: LastModifiedOptions) -> Box<dyn Strategy> {
    let by_time = LastModified { options };
    match options.reconcile {
        None => Box::new(by_time),
        Some(every) => Box::new(Reconciling::new(by_time, every)),
    }
}
