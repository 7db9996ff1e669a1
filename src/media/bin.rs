//! The bins of `pipelines/`: text with named elements. Nothing that comes from outside ever enters
//! the text; code finds elements by name and sets properties.

use gstreamer as gst;
use gstreamer::prelude::*;
use livetape_rtc::Codec;

use super::MediaError;

/// One bin as text, with the name of its file.
#[derive(Debug)]
pub(super) struct BinText {
    /// File name below `pipelines/`, without `.gst`.
    pub(super) name: &'static str,
    text: &'static str,
}

macro_rules! bin_text {
    ($name:literal) => {
        BinText { name: $name, text: include_str!(concat!("../../pipelines/", $name, ".gst")) }
    };
}

/// Compose, mix, encode.
pub(super) static PROGRAMME: BinText = bin_text!("programme");
static VP8: BinText = bin_text!("decode/vp8");
static VP9: BinText = bin_text!("decode/vp9");
static H264: BinText = bin_text!("decode/h264");
static H265: BinText = bin_text!("decode/h265");
static AV1: BinText = bin_text!("decode/av1");
static OPUS: BinText = bin_text!("decode/opus");
static PCMU: BinText = bin_text!("decode/pcmu");
static PCMA: BinText = bin_text!("decode/pcma");

/// Every bin there is.
#[cfg(test)]
pub(super) static ALL: [&BinText; 9] = [&PROGRAMME, &VP8, &VP9, &H264, &H265, &AV1, &OPUS, &PCMU, &PCMA];

/// The bin that decodes `codec`, where there is one.
pub(super) fn decoder(codec: Codec) -> Option<&'static BinText> {
    match codec {
        Codec::Vp8 => Some(&VP8),
        Codec::Vp9 => Some(&VP9),
        Codec::H264 => Some(&H264),
        Codec::H265 => Some(&H265),
        Codec::Av1 => Some(&AV1),
        Codec::Opus => Some(&OPUS),
        Codec::Pcmu => Some(&PCMU),
        Codec::Pcma => Some(&PCMA),
        // Redundancy is unpacked before it gets here.
        Codec::Red => None,
    }
}

impl BinText {
    /// The launch description: the text without its head.
    pub(super) fn description(&self) -> String {
        self.text.lines().filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n")
    }

    /// Builds it as a pipeline of its own.
    pub(super) fn pipeline(&self) -> Result<gst::Pipeline, MediaError> {
        gst::parse::launch(&self.description())
            .map_err(|e| self.error(e))?
            .downcast::<gst::Pipeline>()
            .map_err(|_| self.error("not a pipeline"))
    }

    /// Builds it as a bin whose unlinked pad is a ghost pad `src`.
    pub(super) fn bin(&self) -> Result<gst::Bin, MediaError> {
        gst::parse::bin_from_description(&self.description(), true).map_err(|e| self.error(e))
    }

    /// An element of `bin` by its name.
    pub(super) fn element<T: IsA<gst::Element>>(&self, bin: &gst::Bin, name: &str) -> Result<T, MediaError> {
        bin.by_name(name)
            .and_then(|e| e.downcast::<T>().ok())
            .ok_or_else(|| self.error(format!("has no usable element `{name}`")))
    }

    /// A pad of an element, which the text promises.
    pub(super) fn pad(&self, element: &impl IsA<gst::Element>, name: &str) -> Result<gst::Pad, MediaError> {
        element.static_pad(name).ok_or_else(|| self.error(format!("has no pad `{name}`")))
    }

    /// An error of this bin.
    pub(super) fn error(&self, reason: impl ToString) -> MediaError {
        MediaError::Bin { bin: self.name, reason: reason.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::preflight;

    #[test]
    fn every_bin_parses_and_has_a_head_of_four_lines() {
        gst::init().unwrap();
        for text in ALL {
            assert_eq!(text.text.lines().filter(|l| l.starts_with('#')).count(), 4, "{}", text.name);
            text.bin().unwrap_or_else(|e| panic!("{e}"));
        }
    }

    #[test]
    fn decoders_have_a_feed_and_one_way_out() {
        gst::init().unwrap();
        for text in ALL.iter().filter(|t| t.name.starts_with("decode/")) {
            let bin = text.bin().unwrap();
            text.element::<gstreamer_app::AppSrc>(&bin, "feed").unwrap();
            assert_eq!(bin.pads().len(), 1, "{}", text.name);
            text.pad(&bin, "src").unwrap();
        }
    }

    #[test]
    fn preflight_knows_every_element_that_a_bin_uses() {
        gst::init().unwrap();
        for text in ALL {
            for element in text.bin().unwrap().iterate_recurse() {
                let factory = element.unwrap().factory().unwrap().name();
                assert!(preflight::knows(&factory), "{}: {factory} is not in the preflight", text.name);
            }
        }
    }
}
