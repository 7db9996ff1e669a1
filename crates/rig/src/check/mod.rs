//! Judges a recording by looking and listening.
//!
//! [`check`] decodes a file once and gives a [`Report`] of figures; [`judge`] holds it against an
//! [`Expectation`] and gives [`Finding`]s: nothing, when all is well.

mod brief;
mod decode;
mod gap;
mod judge;
mod listen;
mod picture;
mod report;
mod run;
mod sound;
mod span;
mod watch;

pub use decode::{AudioFacts, Facts, VideoFacts, probe};
pub use gap::Gap;
pub use judge::{Expectation, Expected, Finding, judge};
pub use listen::Side;
pub use picture::{Grey, Rect, Sighting};
pub use report::{Offset, Participant, Place, Report};
pub use run::check;
pub use span::Span;
