//! `merge`: what shards kept, and the command that they are of.

use std::sync::Arc;

use super::refusal::Refusal;
use super::work::MergeArgs;
use crate::campaign::shards::{Pool, PoolError};
use crate::record::Exit;

/// The cells of all shards.
pub(super) fn pool(args: &MergeArgs) -> anyhow::Result<Arc<Pool>> {
    let pool = Pool::read(&args.shards).map_err(|e| {
        let exit = match &e {
            PoolError::Nothing(_) => Exit::Usage,
            PoolError::Other { .. } => Exit::NoBaseline,
            PoolError::Unequal { .. } => Exit::NotDeterministic,
            PoolError::Unreadable { .. } => Exit::Environment,
        };
        Refusal::because(exit, e.to_string())
    })?;
    Ok(Arc::new(pool))
}

/// The command line that makes the report of a pool, but for the folder.
pub(super) fn words(args: &MergeArgs, pool: &Pool) -> Vec<String> {
    let jobs = args.jobs.map(|jobs| jobs.to_string());
    let own = [
        ("--format", args.format.clone()),
        ("--jobs", jobs),
        ("--time-limit", args.time_limit.clone()),
        ("--progress", args.progress.clone()),
    ];
    let own = own.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?)));
    let own = own.chain(args.allow_memory.then(|| "--allow-memory".to_owned()));
    // Behind `--` there are no options.
    let (command, rest) = match pool.command().iter().position(|word| word == "--") {
        Some(at) => pool.command().split_at(at),
        None => (pool.command(), &[][..]),
    };
    let command = command.iter().cloned().chain(own).chain(rest.iter().cloned());
    ["syncdyno".to_owned()].into_iter().chain(command).collect()
}
