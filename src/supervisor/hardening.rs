//! What every process of ours does in its first line.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Turns core dumps off: a dump would hold room keys and API secrets.
///
/// The limit is inherited by children; the dumpable flag is reset by `execve`, so each process says it.
/// It also keeps other processes of the same user from reading our memory by `ptrace`.
///
/// # Errors
/// The system refuses; nothing should be recorded then.
pub fn no_core_dumps() -> std::io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use rustix::process::{dumpable_behavior, getrlimit};

    use super::*;

    #[test]
    fn no_dump_can_be_made() {
        no_core_dumps().unwrap();
        assert_eq!(getrlimit(Resource::Core).current, Some(0));
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
    }
}
