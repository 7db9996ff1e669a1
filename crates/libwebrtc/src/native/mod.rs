//! What the original has for desktops only: end-to-end encryption and packet trailers.

pub mod frame_cryptor;
pub mod packet_trailer;
mod uuid;

pub use uuid::create_random_uuid;
