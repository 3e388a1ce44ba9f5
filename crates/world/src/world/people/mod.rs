//! People: they look at apps, edit, log in, resolve conflicts and react to errors.

pub(crate) mod allowed;
pub(crate) mod attention;
pub(crate) mod editing;
pub(crate) mod logins;
pub(crate) mod news;
pub(crate) mod resolver;
pub(crate) mod retrying;
pub(crate) mod shared_phone;
