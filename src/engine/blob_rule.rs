//! When an attachment is let go, as a rule that can be broken.

/// What takes an attachment for sent.
pub trait BlobRule {
    /// Whether it need not be kept: `says` is the server's word that all of it is there, if there
    /// was an answer; `ends` tells that the request brought its last bytes.
    fn is_there(&self, says: Option<bool>, _ends: bool) -> bool {
        says == Some(true)
    }
    /// Whether the server is asked for the row of which an edit came to nothing, before what is
    /// attached to it goes.
    fn doubts(&self) -> bool {
        true
    }
    /// Whether any answer to an attachment is taken for that to the one that was sent.
    fn takes_anothers(&self) -> bool {
        false
    }
}
