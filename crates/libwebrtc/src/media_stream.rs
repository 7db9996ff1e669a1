//! A stream: the name that a sender's tracks share.

/// A named group of tracks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaStream {
    id: String,
}

impl MediaStream {
    pub(crate) fn new(id: &str) -> Self {
        Self { id: id.to_owned() }
    }

    /// The name. LiveKit puts the participant in it (`PA_…|TR_…`).
    pub fn id(&self) -> String {
        self.id.clone()
    }
}
