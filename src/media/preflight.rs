//! Is everything installed? Asked once, before a job, and answered with all that is missing.

use std::fmt;

use gstreamer as gst;

use super::MediaError;

/// A GStreamer element that isn't there, and the Debian package that brings it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingElement {
    /// Name of its factory.
    pub element: &'static str,
    /// Debian package.
    pub package: &'static str,
}

impl fmt::Display for MissingElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (apt install {})", self.element, self.package)
    }
}

const CORE: &str = "libgstreamer1.0-0";
const BASE: &str = "gstreamer1.0-plugins-base";
const GOOD: &str = "gstreamer1.0-plugins-good";
const BAD: &str = "gstreamer1.0-plugins-bad";
const UGLY: &str = "gstreamer1.0-plugins-ugly";
const LIBAV: &str = "gstreamer1.0-libav";

/// Every element that a bin of `pipelines/` names.
const NEEDED: [(&str, &str); 23] = [
    ("capsfilter", CORE),
    ("appsrc", BASE),
    ("appsink", BASE),
    ("audioconvert", BASE),
    ("audioresample", BASE),
    ("videoconvert", BASE),
    ("compositor", BASE),
    ("audiomixer", BASE),
    ("overlaycomposition", BASE),
    ("opusdec", BASE),
    ("alawdec", GOOD),
    ("mulawdec", GOOD),
    ("vp8dec", GOOD),
    ("vp9dec", GOOD),
    ("h264parse", BAD),
    ("h265parse", BAD),
    ("vp9parse", BAD),
    ("av1parse", BAD),
    ("av1dec", BAD),
    ("x264enc", UGLY),
    ("avenc_aac", LIBAV),
    ("avdec_h264", LIBAV),
    ("avdec_h265", LIBAV),
];

/// Checks that all elements exist.
///
/// # Errors
/// GStreamer doesn't start, or [`MediaError::Missing`] with *all* that is missing.
pub fn preflight() -> Result<(), MediaError> {
    gst::init().map_err(|e| MediaError::Init(e.to_string()))?;
    let missing: Vec<_> = NEEDED
        .iter()
        .filter(|(element, _)| gst::ElementFactory::find(element).is_none())
        .map(|&(element, package)| MissingElement { element, package })
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(MediaError::Missing(missing)) }
}

/// Whether the list has this factory.
#[cfg(test)]
pub(super) fn knows(factory: &str) -> bool {
    NEEDED.iter().any(|(element, _)| *element == factory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_missing_where_the_tests_run() {
        preflight().unwrap();
    }

    #[test]
    fn the_message_names_packages() {
        let missing = vec![
            MissingElement { element: "x264enc", package: UGLY },
            MissingElement { element: "avenc_aac", package: LIBAV },
        ];
        assert_eq!(
            MediaError::Missing(missing).to_string(),
            "GStreamer elements are missing: x264enc (apt install gstreamer1.0-plugins-ugly), \
             avenc_aac (apt install gstreamer1.0-libav)"
        );
    }
}
