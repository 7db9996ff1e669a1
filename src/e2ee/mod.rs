//! Keys of encrypted rooms: where they come from. (Frames are opened in `livetape-rtc`.)

mod material;
mod room_key;
mod source;

pub use material::{Kdf, KeyMaterial};
pub use room_key::{KeySource, RoomKey, renew};
pub use source::{KeyEncoding, KeyError, key_material, without_newline};
