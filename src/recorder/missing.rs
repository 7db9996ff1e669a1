//! What the programme needs and this machine lacks.

use crate::media::{MediaError, preflight};

/// One line for each GStreamer element that is missing, with the package that brings it.
pub fn missing() -> Vec<String> {
    match preflight() {
        Ok(()) => Vec::new(),
        Err(MediaError::Missing(elements)) => elements.iter().map(ToString::to_string).collect(),
        Err(error) => vec![error.to_string()],
    }
}
