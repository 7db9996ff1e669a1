//! The vocabulary of work: what may be asked, and what was checked. No I/O, no clock.

mod disconnect;
mod encoding;
mod end;
mod endpoint;
mod id;
mod info;
mod keys;
mod layout;
mod lifecycle;
mod mistake;
mod plan;
mod preset;
mod request;
mod secret;
mod span;
mod template;
mod token;

pub use disconnect::{Disconnect, on_disconnect};
pub use encoding::Encoding;
pub use end::End;
pub use endpoint::Endpoint;
pub use id::EgressId;
pub use info::{Cause, Outcome, RecordedFile, egress_info};
pub use keys::{GivenKey, KeyFile};
pub use layout::Layout;
pub use lifecycle::{Input, Refused, State, Verdict, transition};
pub use mistake::Mistake;
pub use plan::Plan;
pub use preset::Preset;
pub use request::{Given, Request};
pub use secret::Secret;
pub use span::parse_span;
pub use template::{Facts, Template, sanitise};
pub use token::{TokenError, join_token};
