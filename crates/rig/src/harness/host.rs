//! A machine of the rig: the one we are on, or a network namespace that stands for another.
//!
//! A namespace has interfaces, addresses and ports of its own, and reaches only what it is joined to.

use std::ffi::OsStr;
use std::fs::File;
use std::net::IpAddr;
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, anyhow, ensure};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// Names of the rig's namespaces begin with it; the id of the process that made them follows.
const PREFIX: &str = "livetape-rig-";

/// Where a process runs, and the address that others reach it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    namespace: Option<String>,
    interface: String,
    address: IpAddr,
}

impl Host {
    /// The machine we are on, by loopback.
    #[must_use]
    pub fn here() -> Self {
        Self { namespace: None, interface: "lo".to_owned(), address: IpAddr::from([127, 0, 0, 1]) }
    }

    pub(super) fn within(namespace: &Namespace, interface: &str, address: IpAddr) -> Self {
        Self { namespace: Some(namespace.name.clone()), interface: interface.to_owned(), address }
    }

    /// The name of its interface.
    #[must_use]
    pub fn interface(&self) -> &str {
        &self.interface
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// A command that will run there. It keeps its process id.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let Some(namespace) = &self.namespace else { return Command::new(program) };
        let mut command = Command::new("ip");
        command.args(["netns", "exec", namespace]).arg(program);
        command
    }

    /// Does something on its network: sockets made there belong there for good.
    pub(super) fn enter<T: Send>(&self, what: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        let Some(namespace) = &self.namespace else { return what() };
        let door = File::open(path(namespace)).with_context(|| format!("namespace {namespace}"))?;
        // A thread belongs to one network; this one comes back to no other work.
        std::thread::scope(|scope| {
            let inside = scope.spawn(|| {
                move_into_link_name_space(door.as_fd(), Some(LinkNameSpaceType::Network))?;
                what()
            });
            inside.join().map_err(|_| anyhow!("panicked in {namespace}"))?
        })
    }
}

/// A network namespace, gone when dropped. Needs root.
#[derive(Debug)]
pub(super) struct Namespace {
    name: String,
}

impl Namespace {
    /// Makes one, with loopback up. What runs of the rig that are dead left behind is removed first.
    pub(super) fn new(role: &str) -> Result<Self> {
        sweep()?;
        let made = Self { name: format!("{PREFIX}{}-{role}", std::process::id()) };
        run("ip", &["netns", "add", &made.name]).context("namespaces need root")?;
        made.ip(&["link", "set", "lo", "up"])?;
        Ok(made)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// `ip` inside it.
    pub(super) fn ip(&self, args: &[&str]) -> Result<()> {
        run("ip", &[&["-n", &self.name], args].concat())
    }

    /// `tc` inside it.
    pub(super) fn tc(&self, args: &[&str]) -> Result<()> {
        run("tc", &[&["-n", &self.name], args].concat())
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // A name that is gone may live on where a process does; the scratch finds those.
        if let Err(error) = run("ip", &["netns", "delete", &self.name]) {
            eprintln!("{} is still there: {error:#}", self.name);
        }
    }
}

fn path(name: &str) -> PathBuf {
    PathBuf::from("/run/netns").join(name)
}

/// Removes namespaces whose maker is dead.
fn sweep() -> Result<()> {
    for entry in std::fs::read_dir("/run/netns").into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let maker = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next()?.parse::<u32>().ok());
        if maker.is_some_and(|pid| !std::path::Path::new(&format!("/proc/{pid}")).exists()) {
            eprintln!("{name} was left behind");
            run("ip", &["netns", "delete", &name])?;
        }
    }
    Ok(())
}

fn run(program: &str, args: &[&str]) -> Result<()> {
    let output = Command::new(program).args(args).output().with_context(|| program.to_owned())?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} {}: {}", args.join(" "), said.trim());
    Ok(())
}
