//! What must be true of a recording whatever happened to the process or the disk that wrote it.

mod disk;
mod logs;

mod closing;
mod delivery;
mod kills;
mod media;
mod power;
mod spool;
mod torn;
mod writer;
