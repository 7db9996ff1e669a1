//! A Redis of one's own, for servers that keep their rooms there.

use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::process::{Process, wait_until};
use super::{PATIENCE, Scratch, free_tcp};

/// A running Redis on loopback; it keeps nothing on disk.
#[derive(Debug)]
pub struct Redis {
    _process: Process,
    port: u16,
}

impl Redis {
    /// Starts one and waits until it listens.
    ///
    /// # Errors
    /// When it doesn't listen within [`PATIENCE`].
    pub fn start(scratch: &Scratch) -> Result<Self> {
        let port = free_tcp()?;
        let mut command = Command::new("redis-server");
        command.args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]);
        let mut process = Process::start("redis-server", command.current_dir(scratch.path()))?;
        let listens = || TcpStream::connect(("127.0.0.1", port)).is_ok();
        ensure!(
            wait_until(PATIENCE, || listens() || process.wait(Duration::ZERO).is_ok()) && listens(),
            "redis-server doesn't listen: {:?}",
            process.stdout()
        );
        Ok(Self { _process: process, port })
    }

    /// What a LiveKit server's configuration says of it.
    #[must_use]
    pub fn config(&self) -> String {
        format!("redis: {{address: \"127.0.0.1:{}\"}}", self.port)
    }
}
