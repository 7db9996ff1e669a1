//! The `overlaycomposition` element's answer to "draw": the newest composition, made elsewhere.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video::VideoOverlayComposition;

/// How the labels look from a picture of the canvas on; `None` where there are none.
pub(in crate::media) type Look = (gst::ClockTime, Option<VideoOverlayComposition>);

/// What the streaming thread blends into each picture; nothing is drawn there.
#[derive(Debug, Clone)]
pub(in crate::media) struct Labels(Arc<Mutex<Shown>>);

#[derive(Debug, Default)]
struct Shown {
    /// In order of time.
    looks: Vec<Look>,
    /// Time of the last picture that was asked for.
    position: gst::ClockTime,
}

impl Labels {
    /// Answers the element's question from now on; nothing is shown yet.
    pub(in crate::media) fn attach(element: &gst::Element) -> Self {
        let labels = Self(Arc::default());
        let shown = labels.clone();
        element.connect("draw", false, move |values| {
            let sample = values.get(1).and_then(|value| value.get::<gst::Sample>().ok());
            let at = sample.as_ref().and_then(|sample| sample.buffer()).and_then(|buffer| buffer.pts());
            Some(shown.at(at).to_value())
        });
        labels
    }

    /// Shows these looks, each from its time on; they are in order, and the first one is for now.
    pub(in crate::media) fn set(&self, looks: Vec<Look>) {
        self.shown().looks = looks;
    }

    /// Where the canvas is: the time of its last picture.
    pub(in crate::media) fn position(&self) -> gst::ClockTime {
        self.shown().position
    }

    fn at(&self, time: Option<gst::ClockTime>) -> Option<VideoOverlayComposition> {
        let mut shown = self.shown();
        shown.position = time.unwrap_or(shown.position);
        let current = shown.looks.iter().rposition(|(from, _)| *from <= shown.position).unwrap_or(0);
        shown.looks.get(current).and_then(|(_, look)| look.clone())
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
