//! What a player would notice about our fragments; and what tests elsewhere need to judge a file.

pub(crate) mod programme;
pub(crate) mod strict;

mod fragments;
mod heads;
mod hostile;
