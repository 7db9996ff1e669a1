//! The programme as a room would use it: fake cameras and microphones in, samples out, looked at and
//! listened to after decoding.

mod cadence;
mod harm;
mod look;
mod oracle;
mod source;
mod stage;
mod sync;
