//! People: who looks at an app, who edits, who logs in, and what they do about conflicts and
//! errors.

pub(in crate::world) mod allowed;
pub(in crate::world) mod attention;
pub(in crate::world) mod editing;
pub(in crate::world) mod logins;
pub(in crate::world) mod news;
pub(in crate::world) mod resolver;
pub(in crate::world) mod retrying;
pub(in crate::world) mod shared_phone;
