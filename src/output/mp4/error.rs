//! What can be wrong with bytes that claim to be a recording.

/// Why bytes are not (or not yet) what they should be. None of these is a bug of the reader: disks tear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// There are fewer bytes than the structure needs.
    #[error("the data ends early")]
    Short,
    /// A length or count contradicts the box around it, or a value is out of its range.
    #[error("a {0} box is damaged")]
    Damaged(&'static str),
    /// A box that must be there is not.
    #[error("there is no {0} box")]
    Missing(&'static str),
    /// Decoding times go backwards, or jump further than the format can say.
    #[error("decoding times are out of order")]
    Order,
    /// The head has no room for another sample description.
    #[error("the head of the log has no room for another sample description")]
    HeadFull,
    /// A track's clock differs from the one the log began with.
    #[error("the {0} clock differs from the one the recording began with")]
    Clock(&'static str),
    /// The tables don't fit a 32-bit box.
    #[error("the recording is too long for one movie")]
    TooLong,
}
