//! Where the tools are that `scripts/setup` made.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

/// The LiveKit server's binary: `LIVETAPE_RIG_SERVER`, as `scripts/env.sh` says.
///
/// # Errors
/// When it isn't there.
pub fn livekit_server() -> Result<PathBuf> {
    tool("LIVETAPE_RIG_SERVER")
}

/// Python with LiveKit's SDK: `LIVETAPE_RIG_PYTHON`, as `scripts/env.sh` says.
///
/// # Errors
/// When it isn't there.
pub fn python() -> Result<PathBuf> {
    tool("LIVETAPE_RIG_PYTHON")
}

/// The WHIP publisher: `LIVETAPE_RIG_WHIP`, as `scripts/env.sh` says.
///
/// # Errors
/// When it isn't there.
pub fn whip() -> Result<PathBuf> {
    tool("LIVETAPE_RIG_WHIP")
}

/// The directory of clips that it plays: `LIVETAPE_RIG_CLIPS`, as `scripts/env.sh` says.
///
/// # Errors
/// When it isn't there.
pub fn clips() -> Result<PathBuf> {
    tool("LIVETAPE_RIG_CLIPS")
}

/// The directory of LiveKit's web SDK: `LIVETAPE_RIG_WEB_SDK`, as `scripts/env.sh` says.
///
/// # Errors
/// When it isn't there.
pub fn web_sdk() -> Result<PathBuf> {
    tool("LIVETAPE_RIG_WEB_SDK")
}

/// A file of `tests/rig`.
#[must_use]
pub fn rig_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/rig").join(name)
}

/// A directory for caches that outlives a run: a recorder that had to list GStreamer's plugins anew each
/// time would start seconds late.
#[must_use]
pub fn recorder_cache() -> PathBuf {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/livetape"));
    let cache = std::env::var_os("LIVETAPE_CACHE").map(PathBuf::from).or_else(home);
    cache.unwrap_or_else(std::env::temp_dir).join("recorder")
}

fn tool(variable: &str) -> Result<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    let path = path.with_context(|| format!("{variable} is not set: use make, or `. scripts/env.sh`"))?;
    ensure!(path.exists(), "{} is missing: run scripts/setup", path.display());
    Ok(path)
}
