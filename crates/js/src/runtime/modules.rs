//! The modules that a bundle can import. All come from the host, and none from a disk.

use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::module::Declared;
use rquickjs::{Ctx, Error, Module, Result};

use super::interpreter::Imports;
use super::program::Program;

/// Finds a module by the importing module's name and the requested name. Returns its own name and
/// text.
#[derive(Clone, Copy)]
pub(crate) struct Modules(pub(crate) fn(&str, &str) -> Option<(&'static str, &'static str)>);

impl Imports for Modules {}

impl Resolver for Modules {
    fn resolve<'js>(
        &mut self,
        _: &Ctx<'js>,
        base: &str,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<String> {
        let help = "a bundle must contain all modules that it imports, except the host's: build it with `esbuild --bundle`";
        let known = (self.0)(base, name).ok_or_else(|| Error::new_resolving_message(base, name, help))?;
        Ok(known.0.to_owned())
    }
}

impl Loader for Modules {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js, Declared>> {
        let (name, text) = (self.0)(name, name).ok_or_else(|| Error::new_loading(name))?;
        Program::of_ours(name, text, *self).declare(ctx)
    }
}
