//! Errors of the store. Each variant needs a different reaction of the engine.

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY;

use crate::contract::{EditError, SyncError};

/// The reason why the database refused a request. All functions that read or write may return these
/// errors, so their docs do not list them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The disk is full. Nothing was changed, and a later try may succeed.
    #[error("the device's storage is full")]
    Full,
    /// A row would refer to a missing row. Nothing was changed.
    #[error("a row refers to one that is not there")]
    Dangling,
    /// Staged rows do not fit the visible rows. Nothing was changed.
    #[error("what had been set aside does not fit what is there")]
    Moved,
    /// The disk failed, or SQLite refused the request. The process is about to die.
    #[error("the database failed: {0}")]
    Failed(String),
    /// Stored or given data does not fit the schema.
    #[error("the database is damaged: {0}")]
    Damaged(String),
}

pub(crate) type Stored<T> = Result<T, StoreError>;

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
