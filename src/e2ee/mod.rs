//! Keys of encrypted rooms: where they come from. (Frames are opened in `livetape-rtc`.)

mod material;
mod source;

pub use material::{Kdf, KeyMaterial};
pub use source::{KeyEncoding, KeyError, key_material, without_newline};
