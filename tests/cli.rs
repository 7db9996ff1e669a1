//! The binary as a shell sees it: what it refuses, how it says so, and the exit code. No server, no room.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A run of `livetape` in a directory of its own, with nothing of our environment.
struct Shell {
    dir: TempDir,
}

impl Shell {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    #[expect(clippy::disallowed_methods, reason = "a test passes on what a program needs to run")]
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_livetape"));
        let inherited = ["PATH", "HOME", "LD_LIBRARY_PATH"];
        let inherited = inherited.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        command.args(arguments).current_dir(self.path()).env_clear().envs(inherited);
        command.env("XDG_STATE_HOME", self.path().join("state")).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        self.command(arguments).envs(variables.iter().copied()).output().unwrap()
    }

    /// Lines of stderr and the exit code; stdout must be empty.
    fn refused(&self, arguments: &[&str], variables: &[(&str, &str)]) -> (Vec<String>, Option<i32>) {
        let output = self.run(arguments, variables);
        assert!(output.stdout.is_empty(), "{output:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        (text.lines().map(str::to_owned).collect(), output.status.code())
    }
}

const CREDENTIALS: [(&str, &str); 2] = [("LIVEKIT_API_KEY", "key"), ("LIVEKIT_API_SECRET", "sEcReT-value")];

/// A server that nobody runs: whoever gets there has passed every check.
const NOBODY: &str = "ws://127.0.0.1:1";

const GOOD: [&str; 7] = ["record", "--url", NOBODY, "--room", "demo", "--output", "out.mp4"];

#[test]
fn each_mistake_is_one_line_and_exit_2() {
    let shell = Shell::new();
    fs::write(shell.path().join("empty"), "\n").unwrap();
    fs::write(shell.path().join("key"), "not hex\n").unwrap();
    fs::write(shell.path().join("bad.toml"), "[programme]\nlayuot = \"grid\"\n").unwrap();
    fs::write(shell.path().join("plain"), "").unwrap();
    let table: [(&[&str], &str); 14] = [
        (&["--layout", "mosaic"], "error: --layout: unknown layout `mosaic`"),
        (&["--preset", "720p"], "error: --preset: unknown preset `720p`"),
        (&["--duration", "30"], "error: --duration: `30` isn't a span of time"),
        (&["--wait-for-room", "soon"], "error: --wait-for-room: `soon` isn't a span of time"),
        (&["--output", "{who}.mp4"], "error: --output: unknown variable `{who}`"),
        (&["--output", "/proc/x.mp4"], "error: --output: can't write in /proc"),
        (&["--output", "plain/x.mp4"], "error: --output: can't write in "),
        (&["--url", "meet.example.com"], "error: --url: `meet.example.com` isn't a URL"),
        (&["--url", "ws://meet.example.com"], "error: --url: ws:// sends the token in clear"),
        (&["--e2ee-key-file", "empty"], "error: --e2ee-key-file: the key is empty"),
        (&["--e2ee-key-file", "none"], "error: --e2ee-key-file: can't read "),
        (&["--e2ee-key-env", "NONE"], "error: --e2ee-key-env: the variable NONE isn't set"),
        (&["--spool", "/proc/spool"], "error: --spool: can't create /proc/spool"),
        (&["--config", "bad.toml"], "error: "),
    ];
    for (extra, line) in table {
        // Given twice, an option's last value counts nowhere: what is wrong replaces what is right.
        let mut arguments: Vec<&str> = GOOD.to_vec();
        match arguments.iter().position(|argument| *argument == extra[0]) {
            Some(at) => arguments[at + 1] = extra[1],
            None => arguments.extend(extra),
        }
        let (lines, code) = shell.refused(&arguments, &CREDENTIALS);
        assert_eq!(code, Some(2), "{extra:?}: {lines:?}");
        assert!(lines.len() == 1 && lines[0].starts_with(line), "{extra:?}: {lines:?}");
    }
    assert!(!shell.path().join("out.mp4").exists());
}

#[test]
fn all_mistakes_come_at_once() {
    let shell = Shell::new();
    let (lines, code) = shell.refused(&["record"], &[]);
    let about: Vec<_> = lines.iter().map(|line| line.split(": ").nth(1).unwrap_or_default()).collect();
    assert_eq!(about, ["--url", "--room", "--api-key-file", "--api-secret-file", "--output"]);
    assert_eq!(code, Some(2));
    fs::write(shell.path().join("key"), "!!").unwrap();
    let raw = [
        "record",
        "--e2ee-key-file",
        "key",
        "--e2ee-key-encoding",
        "base64",
        "--layout",
        "x",
        "--preset",
        "x",
    ];
    let (lines, _) = shell.refused(&raw, &CREDENTIALS);
    let about: Vec<_> = lines.iter().map(|line| line.split(": ").nth(1).unwrap_or_default()).collect();
    assert_eq!(
        about,
        ["--url", "--room", "--e2ee-kdf", "--e2ee-key-file", "--output", "--layout", "--preset"]
    );
}

#[test]
fn missing_elements_are_bad_input_and_name_their_package() {
    let shell = Shell::new();
    // No plugins but those that are nowhere, and a registry of its own.
    let nowhere = shell.path().join("nowhere");
    let registry = shell.path().join("registry");
    let variables = [
        ("GST_PLUGIN_SYSTEM_PATH_1_0", nowhere.to_str().unwrap()),
        ("GST_REGISTRY_1_0", registry.to_str().unwrap()),
        CREDENTIALS[0],
        CREDENTIALS[1],
    ];
    let (lines, code) = shell.refused(&GOOD, &variables);
    assert_eq!(code, Some(2), "{lines:?}");
    let named = |text: &str| lines.iter().any(|line| line.contains(text));
    assert!(named("x264enc") && named("gstreamer1.0-plugins-ugly"), "{lines:?}");
    assert!(lines.iter().all(|line| line.starts_with("error: GStreamer: ")), "{lines:?}");
}

#[test]
fn a_server_that_nobody_runs_is_a_failure_not_a_mistake() {
    let shell = Shell::new();
    let output = shell.run(&[&GOOD[..], &["--json"]].concat(), &CREDENTIALS);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("can't reach 127.0.0.1:1: Connection refused"), "{stderr}");
    let info: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&info["status"], &info["errorCode"]), (&"EGRESS_FAILED".into(), &503.into()));
    assert!(!format!("{stderr}{info}").contains("sEcReT"), "{stderr}{info}");
}

#[test]
fn a_secret_never_comes_back() {
    let shell = Shell::new();
    fs::write(shell.path().join("key"), "pass-PHRASE").unwrap();
    let raw = [
        "record",
        "--e2ee-key-file",
        "key",
        "--e2ee-key-encoding",
        "hex",
        "--url",
        "wss://u:pa55@x.example/",
    ];
    let output = shell.run(&raw, &[CREDENTIALS[1], ("RUST_LOG", "trace")]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    for secret in ["pass-PHRASE", "sEcReT", "pa55"] {
        assert!(!said.contains(secret), "{said}");
    }
}

#[test]
fn help_says_what_it_is_and_hides_what_is_ours() {
    let shell = Shell::new();
    let help = shell.run(&["--help"], &[]);
    let text = String::from_utf8(help.stdout).unwrap();
    assert_eq!(help.status.code(), Some(0));
    assert!(text.contains("record") && text.contains("spool") && !text.contains("child"), "{text}");
    let (_, code) = shell.refused(&["record", "--no-such-flag"], &[]);
    assert_eq!(code, Some(2));
}

#[test]
fn a_child_without_an_order_does_nothing() {
    let shell = Shell::new();
    let output = shell.run(&["child"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
}

#[test]
fn an_empty_spool() {
    let shell = Shell::new();
    for (arguments, code) in [
        (&["spool", "ls"][..], 0),
        (&["spool", "ls", "--json"], 0),
        (&["spool", "recover", "--all"], 0),
        (&["spool", "recover", "EG_none"], 1),
        (&["spool", "rm", "EG_none"], 1),
        (&["spool", "rm", "../x"], 1),
        (&["spool", "recover"], 2),
        (&["spool", "recover", "EG_none", "--all"], 2),
    ] {
        let output = shell.run(arguments, &[]);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}
