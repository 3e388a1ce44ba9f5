//! The largest messages that a server takes and sends.

use crate::contract::ServerError;

/// Bytes of the largest request and the largest answer, where there are limits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    pub(super) request: Option<u64>,
    pub(super) answer: Option<u64>,
}

impl Limits {
    pub(super) fn takes(self, request: &[u8]) -> Result<(), ServerError> {
        match self.request {
            Some(most) if request.len() as u64 > most => Err(ServerError::RequestTooLarge(most)),
            _ => Ok(()),
        }
    }

    /// The answer, unless it is too large: then what was asked is done, and that is all.
    pub(super) fn sends(self, answer: Vec<u8>) -> Result<Vec<u8>, ServerError> {
        match self.answer {
            Some(most) if answer.len() as u64 > most => Err(ServerError::AnswerTooLarge(most)),
            _ => Ok(answer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_just_the_limit_passes() {
        let limits = Limits { request: Some(3), answer: Some(2) };
        assert_eq!((limits.takes(b"abc"), limits.sends(b"ab".to_vec())), (Ok(()), Ok(b"ab".to_vec())));
        assert_eq!(limits.takes(b"abcd"), Err(ServerError::RequestTooLarge(3)));
        assert_eq!(limits.sends(b"abc".to_vec()), Err(ServerError::AnswerTooLarge(2)));
        assert!(Limits::default().takes(&[0; 1_000]).is_ok());
    }
}
