//! What a network says in the gateway's place.

use super::options::Limits;
use crate::contract::{DropReason, TOO_LARGE_PAGE};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InPlace {
    pub(super) page: &'static [u8],
    pub(super) why: DropReason,
}

impl Limits {
    /// What is said to a request of so many bytes, once all of it has come, if it is too large.
    pub(super) fn stop_request(self, bytes: u64) -> Option<InPlace> {
        let page = TOO_LARGE_PAGE;
        self.request.filter(|most| bytes > *most).map(|_| InPlace { page, why: DropReason::TooLarge })
    }

    /// What comes in the place of an answer of so many bytes, if it is too large.
    pub(super) fn stop_answer(self, bytes: u64) -> Option<InPlace> {
        let page = BAD_GATEWAY;
        self.answer.filter(|most| bytes > *most).map(|_| InPlace { page, why: DropReason::TooLarge })
    }
}

/// What a proxy says that got an answer which it cannot hold.
const BAD_GATEWAY: &[u8] = b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n\
    <body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n\
    <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_as_large_as_the_limit_passes() {
        let limits = Limits { request: Some(10), answer: Some(20) };
        assert_eq!((limits.stop_request(10), limits.stop_answer(20)), (None, None));
        let stopped = [limits.stop_request(11), limits.stop_answer(21)].map(|stopped| stopped.unwrap());
        assert!(stopped.iter().all(|stopped| stopped.why == DropReason::TooLarge));
        assert_eq!(stopped[0].page, TOO_LARGE_PAGE);
        assert_eq!(Limits::default().stop_request(u64::MAX), None);
    }
}
