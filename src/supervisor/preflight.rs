//! Is GStreamer complete? A child is asked, for the parent has no GStreamer in it.

use std::process::Stdio;
use std::time::Duration;

use crate::job::Mistake;

use super::Launcher;

/// The first look at a machine scans every plugin; on a slow disk that takes a while.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the mistakes are about.
const ABOUT: &str = "GStreamer";

/// Asks a child what is missing.
pub async fn preflight(launcher: &Launcher) -> Vec<Mistake> {
    let asked = launcher
        .command()
        .arg("--check")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output();
    let output = match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return vec![Mistake::new(ABOUT, format!("can't be checked: {error}"))],
        Err(_) => return vec![Mistake::new(ABOUT, format!("doesn't start within {} s", PATIENCE.as_secs()))],
    };
    match serde_json::from_slice::<Vec<String>>(&output.stdout) {
        Ok(missing) if output.status.success() => {
            missing.into_iter().map(|text| Mistake::new(ABOUT, text)).collect()
        }
        _ => vec![Mistake::new(ABOUT, format!("doesn't start ({})", output.status))],
    }
}

/// The child's answer: one line for each thing that is missing.
///
/// # Errors
/// The parent is gone.
pub fn say(missing: &[String], mut out: impl std::io::Write) -> std::io::Result<()> {
    serde_json::to_writer(&mut out, missing)?;
    out.flush()
}
