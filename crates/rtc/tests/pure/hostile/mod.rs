//! What someone who means harm may send: everything is survived, nothing spoiled is opened, and a
//! length that a payload claims allocates nothing.
//!
//! A short look in `make test`; `make fuzz` takes ten million inputs a target (`cases`).

mod allocation;
mod cases;
mod data;
mod dice;
mod frames;
mod packets;
mod sdp;
mod transport;
