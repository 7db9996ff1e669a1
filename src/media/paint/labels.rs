//! The `overlaycomposition` element's answer to "draw": the newest composition, made elsewhere.

use std::sync::{Arc, Mutex, PoisonError};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video::VideoOverlayComposition;

/// What the streaming thread blends into each picture; nothing is drawn there.
#[derive(Debug, Clone)]
pub(in crate::media) struct Labels(Arc<Mutex<Option<VideoOverlayComposition>>>);

impl Labels {
    /// Answers the element's question from now on; nothing is shown yet.
    pub(in crate::media) fn attach(element: &gst::Element) -> Self {
        let labels = Self(Arc::default());
        let shown = labels.clone();
        element.connect("draw", false, move |_| Some(shown.get().to_value()));
        labels
    }

    /// Shows this from the next picture on.
    pub(in crate::media) fn set(&self, composition: Option<VideoOverlayComposition>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = composition;
    }

    fn get(&self) -> Option<VideoOverlayComposition> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
