//! Edits that are settled and stay in the database for a while, as in a change log: pruned as
//! further ones are settled, or never.

use super::error::Result;
use super::session::Tx;
use crate::base::Span;

/// Keeps an edit of the outbox beside it, if any are kept, and prunes what was made too long before
/// the latest.
pub(super) fn keep(tx: &Tx<'_>, seq: i64) -> Result<()> {
    let keep = tx.store().options().keep_settled;
    if keep == Span::ZERO {
        return Ok(());
    }
    let sql = "INSERT OR REPLACE INTO past SELECT seq,id,entity,key,kind,\"values\",made_at FROM outbox \
               WHERE seq=?1";
    tx.execute(sql, [seq])?;
    let micros = i64::try_from(keep.0 / 1_000).unwrap_or(i64::MAX);
    tx.execute("DELETE FROM past WHERE made_at<(SELECT max(made_at)FROM past)-?1", [micros])
}
