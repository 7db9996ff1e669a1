//! A LiveKit server of one's own.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rustix::process::Signal;

use super::process::{Process, wait_until};
use super::{Host, PATIENCE, Scratch, free_tcp, free_udp, livekit_server, python, rig_file};

/// API key of the rig's servers.
pub const API_KEY: &str = "rigkey";
/// API secret of the rig's servers: public, and worth nothing.
pub const API_SECRET: &str = "the-rig-has-a-secret-that-everyone-may-know";

/// A running LiveKit server.
#[derive(Debug)]
pub struct LiveKitServer {
    process: Process,
    command: Command,
    host: Host,
    port: u16,
    rtc_udp: u16,
    rtc_tcp: u16,
}

impl LiveKitServer {
    /// Starts a server on loopback and waits until it answers.
    ///
    /// # Errors
    /// When it doesn't start within [`PATIENCE`].
    pub fn start(scratch: &Scratch) -> Result<Self> {
        Self::start_with(scratch, "")
    }

    /// Starts a server on loopback with more configuration (YAML, top level; lines that are indented by
    /// two belong to `rtc`).
    ///
    /// # Errors
    /// When it doesn't start within [`PATIENCE`].
    pub fn start_with(scratch: &Scratch, more: &str) -> Result<Self> {
        Self::start_at(&Host::here(), scratch, more)
    }

    /// Starts a server on a host with more configuration.
    ///
    /// # Errors
    /// When it doesn't start within [`PATIENCE`].
    pub fn start_at(host: &Host, scratch: &Scratch, more: &str) -> Result<Self> {
        let (port, rtc_tcp, rtc_udp) = (free_tcp()?, free_tcp()?, free_udp()?);
        let config = scratch.join(&format!("livekit-{port}.yaml"));
        let (address, interface) = (host.address(), host.interface());
        // Candidates on the host's own interface alone: nothing of the rig listens to the network.
        let text = format!(
            "port: {port}\nbind_addresses: [\"{address}\"]\nkeys: {{{API_KEY}: {API_SECRET}}}\n\
             logging: {{level: info}}\n\
             rtc:\n  tcp_port: {rtc_tcp}\n  udp_port: {rtc_udp}\n  use_external_ip: false\n  \
             enable_loopback_candidate: true\n  interfaces: {{includes: [{interface}]}}\n{more}\n"
        );
        std::fs::write(&config, text)?;
        let mut command = host.command(livekit_server()?);
        command.arg("--config").arg(&config).current_dir(scratch.path());
        let process = Process::start("livekit-server", &mut command)?;
        let mut server = Self { process, command, host: host.clone(), port, rtc_udp, rtc_tcp };
        server.wait_until_healthy()?;
        Ok(server)
    }

    /// Kills it with -9.
    ///
    /// # Errors
    /// When it is gone already.
    pub fn kill(&mut self) -> Result<()> {
        self.process.signal(Signal::KILL)?;
        self.process.wait(Duration::from_secs(5)).map(drop)
    }

    /// Asks it to end: it waits until all have left. Asked again, it ends at once.
    ///
    /// # Errors
    /// When it is gone already.
    pub fn terminate(&self) -> Result<()> {
        self.process.signal(Signal::TERM)
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it doesn't end within [`PATIENCE`].
    pub fn wait(&mut self) -> Result<()> {
        self.process.wait(PATIENCE).map(drop)
    }

    /// Starts it again, on the same ports, once it has ended.
    ///
    /// # Errors
    /// When it doesn't answer within [`PATIENCE`].
    pub fn restart(&mut self) -> Result<()> {
        self.process = Process::start("livekit-server", &mut self.command)?;
        self.wait_until_healthy()
    }

    fn wait_until_healthy(&mut self) -> Result<()> {
        ensure!(
            wait_until(PATIENCE, || self.is_healthy() || self.process.wait(Duration::ZERO).is_ok()),
            "the LiveKit server doesn't answer"
        );
        ensure!(self.is_healthy(), "the LiveKit server ended: {:?}", self.log());
        Ok(())
    }

    /// Where clients connect.
    #[must_use]
    pub fn url(&self) -> String {
        format!("ws://{}", self.address())
    }

    /// Where it is.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Its HTTP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The UDP port that media comes in by.
    #[must_use]
    pub fn media_port(&self) -> u16 {
        self.rtc_udp
    }

    /// The TCP port that media comes in by (ICE-TCP).
    #[must_use]
    pub fn media_tcp_port(&self) -> u16 {
        self.rtc_tcp
    }

    /// What it logged.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        [self.process.stdout(), self.process.stderr()].concat().into_iter().map(|l| l.text).collect()
    }

    /// Calls the server's API: the arguments of `tests/rig/room.py`; returns what it prints.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn room(&self, args: &[&str]) -> Result<String> {
        let mut command = self.host.command(python()?);
        command.arg(rig_file("room.py")).args(args).env("LIVEKIT_URL", format!("http://{}", self.address()));
        let output = credentials(&mut command).output().context("room.py")?;
        ensure!(output.status.success(), "room.py: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    fn is_healthy(&self) -> bool {
        let ask = || {
            let mut stream = TcpStream::connect_timeout(&self.address(), Duration::from_millis(500))?;
            stream.set_read_timeout(Some(Duration::from_millis(500)))?;
            stream.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        self.host.enter(ask).is_ok_and(|answer| answer.ends_with("OK"))
    }

    fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host.address(), self.port)
    }
}

/// Gives a command the rig's API key and secret.
pub(super) fn credentials(command: &mut Command) -> &mut Command {
    command.env("LIVEKIT_API_KEY", API_KEY).env("LIVEKIT_API_SECRET", API_SECRET)
}
