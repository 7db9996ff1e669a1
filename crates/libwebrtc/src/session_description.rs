//! A session description: its kind and its text.

use std::fmt;
use std::str::FromStr;

/// Offer or answer.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum SdpType {
    /// An offer.
    Offer,
    /// A provisional answer; never used here.
    PrAnswer,
    /// An answer.
    Answer,
    /// Takes an offer back.
    Rollback,
}

impl FromStr for SdpType {
    type Err = &'static str;

    fn from_str(kind: &str) -> Result<Self, Self::Err> {
        Ok(match kind {
            "offer" => Self::Offer,
            "pranswer" => Self::PrAnswer,
            "answer" => Self::Answer,
            "rollback" => Self::Rollback,
            _ => return Err("not a kind of session description"),
        })
    }
}

impl fmt::Display for SdpType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Offer => "offer",
            Self::PrAnswer => "pranswer",
            Self::Answer => "answer",
            Self::Rollback => "rollback",
        })
    }
}

/// A description that is none.
#[derive(Clone, Debug, thiserror::Error)]
#[error("not a session description: {description} (in: {line})")]
pub struct SdpParseError {
    /// Where.
    pub line: String,
    /// What.
    pub description: String,
}

/// A session description.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionDescription {
    kind: SdpType,
    sdp: String,
}

impl SessionDescription {
    /// Takes a description as it came; the engine reads it when it is put in force.
    ///
    /// # Errors
    /// When the text doesn't begin as one (RFC 8866, 5.1).
    pub fn parse(sdp: &str, sdp_type: SdpType) -> Result<Self, SdpParseError> {
        if sdp_type != SdpType::Rollback && !sdp.starts_with("v=0") {
            let line = sdp.lines().next().unwrap_or_default().chars().take(80).collect();
            return Err(SdpParseError { line, description: "v=0 expected".into() });
        }
        Ok(Self { kind: sdp_type, sdp: sdp.into() })
    }

    pub(crate) fn new(kind: SdpType, sdp: String) -> Self {
        Self { kind, sdp }
    }

    /// Offer or answer.
    pub fn sdp_type(&self) -> SdpType {
        self.kind
    }
}

impl fmt::Display for SessionDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sdp)
    }
}

impl fmt::Debug for SessionDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionDescription").field("sdp_type", &self.kind).finish_non_exhaustive()
    }
}
