//! What can go wrong, by remedy.

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY;

use crate::contract::{EditError, SyncError};

/// Why the database did not do what it was asked to. Whatever here reads or writes fails so where
/// it cannot be read or written; functions tell of their errors where there are others.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no room on the disk: nothing was changed, and it may be tried again later.
    #[error("the device's storage is full")]
    Full,
    /// A row would refer to one that is not there: nothing was changed.
    #[error("a row refers to one that is not there")]
    Dangling,
    /// What waited to be shown is no version of what is there now: nothing was changed.
    #[error("what had been set aside does not fit what is there")]
    Moved,
    /// The disk failed, or SQLite refused: the process is about to die.
    #[error("the database failed: {0}")]
    Failed(String),
    /// What is stored, or was given to be stored, is not what the schema says.
    #[error("the database is damaged: {0}")]
    Damaged(String),
}

pub type Result<T> = std::result::Result<T, StoreError>;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        use rusqlite::Error;
        match &error {
            Error::SqliteFailure(code, _) if code.code == ErrorCode::DiskFull => StoreError::Full,
            Error::SqliteFailure(code, _) if code.extended_code == SQLITE_CONSTRAINT_FOREIGNKEY => {
                StoreError::Dangling
            }
            Error::SqliteFailure(code, _)
                if matches!(code.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) =>
            {
                StoreError::Damaged(error.to_string())
            }
            Error::FromSqlConversionFailure(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::InvalidColumnType(..)
            | Error::Utf8Error(..) => StoreError::Damaged(error.to_string()),
            _ => StoreError::Failed(error.to_string()),
        }
    }
}

impl From<StoreError> for EditError {
    fn from(error: StoreError) -> EditError {
        match error {
            StoreError::Full => EditError::StorageFull,
            StoreError::Dangling => EditError::Referred,
            other => EditError::Storage(other.to_string()),
        }
    }
}

impl From<StoreError> for SyncError {
    fn from(error: StoreError) -> SyncError {
        match error {
            StoreError::Full => SyncError::StorageFull,
            other => SyncError::Corrupt(other.to_string()),
        }
    }
}
