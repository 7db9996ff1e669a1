//! The `livetape` binary: what must come first, then the command.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before any secret is in memory.
    if let Err(error) = livetape::supervisor::no_core_dumps() {
        let _ = std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!("error: core dumps can't be turned off: {error}\n"),
        );
        return ExitCode::from(1);
    }
    // Both ring and aws-lc-rs are in the tree, and rustls panics when it has to guess. A provider that is
    // there already is the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    livetape::cli::main()
}
