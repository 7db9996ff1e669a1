//! The log's format and filter.

use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::Console;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The TURN client takes each of its packets for news; who wants to see them names it in the filter.
const QUIETER: &str = "turn_client_proto=warn";

/// Sends everything that is logged to the console, from now on.
///
/// `filter` is in the syntax of `RUST_LOG`; what it can't parse falls back to `info`.
pub fn install(filter: &str, format: LogFormat, console: &Console) {
    let filter = EnvFilter::try_new(format!("{QUIETER},{filter}"))
        .unwrap_or_else(|_| EnvFilter::new(format!("{QUIETER},info")));
    let writer = {
        let console = console.clone();
        move || console.clone()
    };
    let colours = console.is_terminal();
    let registry = tracing_subscriber::registry().with(filter);
    // A second subscriber (in tests) changes nothing.
    let _ = match format {
        LogFormat::Text => registry
            .with(fmt::layer().compact().with_target(false).with_ansi(colours).with_writer(writer))
            .try_init(),
        LogFormat::Json => {
            registry.with(fmt::layer().json().flatten_event(true).with_writer(writer)).try_init()
        }
    };
}
