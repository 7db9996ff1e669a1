//! An ICE candidate as signalling carries it: opaque text, read by the engine.

use std::fmt;

use crate::session_description::SdpParseError;

/// One candidate.
#[derive(Clone, PartialEq, Eq)]
pub struct IceCandidate {
    mid: String,
    mline: i32,
    candidate: String,
}

impl IceCandidate {
    /// Takes a candidate as it came.
    ///
    /// # Errors
    /// None today; the engine ignores candidates that are of no use.
    pub fn parse(sdp_mid: &str, sdp_mline_index: i32, sdp: &str) -> Result<Self, SdpParseError> {
        Ok(Self { mid: sdp_mid.into(), mline: sdp_mline_index, candidate: sdp.into() })
    }

    /// The section it belongs to.
    pub fn sdp_mid(&self) -> String {
        self.mid.clone()
    }

    /// That section's position.
    pub fn sdp_mline_index(&self) -> i32 {
        self.mline
    }

    /// The text.
    pub fn candidate(&self) -> String {
        self.candidate.clone()
    }
}

impl fmt::Display for IceCandidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.candidate)
    }
}

impl fmt::Debug for IceCandidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceCandidate").field("candidate", &self.candidate).finish()
    }
}
