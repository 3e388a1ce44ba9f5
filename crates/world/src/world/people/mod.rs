//! People: who looks at an app, who edits, who logs in, and what they do about conflicts and
//! errors.

pub(crate) mod allowed;
pub(crate) mod attention;
pub(crate) mod editing;
pub(crate) mod logins;
pub(crate) mod news;
pub(crate) mod resolver;
pub(crate) mod retrying;
pub(crate) mod shared_phone;
