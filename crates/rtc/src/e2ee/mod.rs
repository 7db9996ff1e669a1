//! LiveKit's end-to-end encryption, the receiver's half: keys, and the opening of sealed frames and
//! data packets. Pure: time comes with the frames. It does not decide which participant may be
//! trusted: with a shared key any member can forge any other.

mod budget;
mod buffers;
mod clear;
mod clear_header;
mod data_packet;
mod escape;
mod form;
mod hold;
mod kdf;
mod key;
mod keyring;
mod opener;
mod outcome;
mod sealed;
mod sif;
mod slot;
mod trailer;

pub use clear::open_clear;
pub use clear_header::clear_header_len;
pub use data_packet::{SealedData, open_data, seal_data};
pub use escape::{escape, unescape};
pub use hold::{Attempt, Hold};
pub use kdf::{DEFAULT_SALT, Kdf, KeySize, derive};
pub use keyring::{Keyring, KeyringOptions};
pub use opener::Opener;
pub use outcome::{Opened, Refusal};
pub use sealed::OVERHEAD;
pub use sif::{is_blank_picture, is_marked};
pub use trailer::{PacketTrailer, split_trailer};
