//! What leaves the programme: one module per form of output.

pub mod mp4;
