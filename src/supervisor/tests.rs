//! The parent against recorders that are shell scripts and a server that is a few lines of HTTP.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::e2ee::{Kdf, KeyMaterial, KeySource, RoomKey};
use crate::job::{Cause, End, Given, GivenKey, Outcome, Plan, Request, Secret, Verdict};

use super::protocol::Report;
use super::watch::Patience;
use super::{Launcher, Observer, Signals, run};

/// `ListRoomsResponse` with one room: field 1, a message with sid (1) and name (2).
const DEMO: &[u8] = b"\x0a\x0c\x0a\x04RM_x\x12\x04demo";
const NO_ROOM: &[u8] = b"";

const PROTOBUF: &str = "200 OK\r\ncontent-type: application/protobuf";

/// Answers each request with the next of its answers, the last one again and again.
struct Server {
    url: String,
    task: JoinHandle<()>,
}

impl Server {
    async fn that_says(answers: Vec<(&'static str, &'static [u8])>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move {
            let mut left = answers.into_iter();
            let mut answer = left.next().unwrap();
            loop {
                let (mut peer, _) = listener.accept().await.unwrap();
                let mut head = vec![0; 8192];
                let _ = peer.read(&mut head).await;
                let (status, body) = answer;
                let text = format!(
                    "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                let _ = peer.write_all(text.as_bytes()).await;
                let _ = peer.write_all(body).await;
                let _ = peer.shutdown().await;
                answer = left.next().unwrap_or(answer);
            }
        });
        Self { url, task }
    }

    async fn with_the_room() -> Self {
        Self::that_says(vec![(PROTOBUF, DEMO)]).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Notes what it hears, and raises a signal at each report whose name is on its list.
#[derive(Default)]
struct Ear {
    heard: Arc<Mutex<Vec<String>>>,
    signal: Option<mpsc::Sender<()>>,
    signal_at_start: usize,
}

impl Observer for Ear {
    fn waiting(&mut self, _room: &str) {
        self.heard.lock().unwrap().push("waiting".into());
    }
    fn report(&mut self, report: &Report) {
        if let (Report::Started { .. }, Some(signal)) = (report, &self.signal) {
            for _ in 0..self.signal_at_start {
                signal.try_send(()).unwrap();
            }
        }
        self.heard.lock().unwrap().push(format!("{report:?}"));
    }
    fn relay(&mut self, line: &str) {
        self.heard.lock().unwrap().push(format!("log: {line}"));
    }
    fn stopping(&mut self) {
        self.heard.lock().unwrap().push("stopping".into());
    }
}

/// Keys that are there from the first look on.
struct Drawer(Vec<RoomKey>);

impl KeySource for Drawer {
    fn look(&mut self) -> Vec<RoomKey> {
        std::mem::take(&mut self.0)
    }
}

struct Stage {
    dir: TempDir,
    /// What the key source has that the plan has not.
    keys: Vec<RoomKey>,
    server: Server,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Stage {
    async fn new(server: Server) -> Self {
        Self { dir: tempfile::tempdir().unwrap(), keys: vec![], server, heard: Arc::default() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn spooled(&self) -> usize {
        fs::read_dir(self.path("spool")).map_or(0, Iterator::count)
    }

    fn plan(&self, wait_for_room: &str) -> Plan {
        let request = Request {
            url: Some(self.server.url.clone()),
            room: Some("demo".into()),
            api_key: Given::Present(Secret::new("key")),
            api_secret: Given::Present(Secret::new("API-SECRET")),
            keys: vec![GivenKey {
                about: String::new(),
                identity: None,
                index: 0,
                text: Given::Present(b"ROOM-KEY".to_vec()),
                file: None,
            }],
            key_encoding: None,
            kdf: None,
            output: Some("out/{room_name}.mp4".into()),
            cwd: self.dir.path().to_owned(),
            layout: "grid".into(),
            preset: "h264-720p30".into(),
            audio_kbps: 192,
            key_frame_interval_s: 4,
            duration: None,
            wait_for_room: wait_for_room.into(),
            poll_interval: "100ms".into(),
            insecure: false,
            spool: self.path("spool"),
        };
        Plan::try_from(request).unwrap()
    }

    /// A recorder that is this script: `$ORDER` has the order, `say` reports, `log` is the recording's log.
    fn recorder(&self, script: &str) -> Launcher {
        let text = format!(
            "#!/bin/bash\nread -r ORDER\n\
             say() {{ printf '%s\\n' \"$1\"; }}\n\
             log=$(sed 's/.*\"recording\":\"\\([^\"]*\\)\".*/\\1/' <<<\"$ORDER\")/log.mp4\n{script}\n"
        );
        let program = self.path("recorder");
        fs::write(&program, text).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
        Launcher {
            program,
            log_filter: "info".into(),
            log_json: false,
            relay_log: true,
            patience: Patience::default(),
        }
    }

    async fn run(&self, script: &str, signals_at_start: usize) -> Outcome {
        self.run_with(Patience::default(), script, signals_at_start).await
    }

    async fn run_with(&self, patience: Patience, script: &str, signals_at_start: usize) -> Outcome {
        let (sender, mut signals) = Signals::by_hand();
        let mut ear =
            Ear { heard: Arc::clone(&self.heard), signal: Some(sender), signal_at_start: signals_at_start };
        let recorder = Launcher { patience, ..self.recorder(script) };
        let keys = Box::new(Drawer(self.keys.clone()));
        let run = run(self.plan("0s"), keys, &recorder, &mut signals, &mut ear);
        // A machine under load may take its time; none of these takes seconds by itself.
        tokio::time::timeout(Duration::from_secs(60), run).await.unwrap()
    }

    fn heard(&self) -> String {
        self.heard.lock().unwrap().join("\n")
    }
}

const STARTED: &str = r#"say '{"report":"started","started_at":77}'"#;

fn ended(why: &str) -> String {
    format!(r#"say '{{"report":"ended","end":{{"why":"{why}"}}}}'"#)
}

#[tokio::test]
async fn a_room_that_is_not_there_is_not_joined() {
    let stage = Stage::new(Server::that_says(vec![(PROTOBUF, NO_ROOM)]).await).await;
    let outcome = stage.run("touch joined", 0).await;
    assert_eq!(outcome.cause, Cause::NoRoom("room `demo` isn't there".into()));
    assert_eq!(outcome.verdict, Verdict::Failed);
    assert_eq!((stage.spooled(), stage.heard()), (0, String::new()));
}

#[tokio::test]
async fn a_room_that_comes_is_waited_for() {
    let stage =
        Stage::new(Server::that_says(vec![(PROTOBUF, NO_ROOM), (PROTOBUF, NO_ROOM), (PROTOBUF, DEMO)]).await)
            .await;
    let (_sender, mut signals) = Signals::by_hand();
    let mut ear = Ear { heard: Arc::clone(&stage.heard), ..Ear::default() };
    let recorder = stage.recorder(&ended("room_ended"));
    let keys = Box::new(Drawer(vec![]));
    let outcome = run(stage.plan("30s"), keys, &recorder, &mut signals, &mut ear).await;
    assert_eq!(outcome.room_sid, "RM_x");
    assert_eq!(outcome.cause, Cause::Recorder(End::RoomEnded));
    assert!(stage.heard().starts_with("waiting\n"), "{}", stage.heard());
}

#[tokio::test]
async fn what_a_server_says_is_told_apart() {
    let plain = "401 Unauthorized\r\ncontent-type: text/plain";
    let json = "401 Unauthorized\r\ncontent-type: application/json";
    for (status, body, code, says) in [
        (
            plain,
            &b"invalid API key: key"[..],
            401,
            "doesn't answer like a LiveKit server that takes this API key",
        ),
        (
            json,
            br#"{"code":"unauthenticated","msg":"permissions denied"}"#,
            401,
            "refuses the API key or secret: permissions denied",
        ),
        (
            "503 Down\r\ncontent-type: application/json",
            br#"{"code":"unavailable","msg":"no redis"}"#,
            503,
            "can't reach 127.0.0.1",
        ),
    ] {
        let stage = Stage::new(Server::that_says(vec![(status, body)]).await).await;
        let outcome = stage.run("", 0).await;
        let (error, got) = outcome.error().unwrap();
        assert!(got == code && error.contains(says), "{got} {error}");
        assert!(!matches!(outcome.cause, Cause::NoRoom(_)));
    }
}

#[tokio::test]
async fn a_new_key_reaches_the_recorder_and_the_one_that_follows_it() {
    let mut stage = Stage::new(Server::with_the_room().await).await;
    let material = KeyMaterial { bytes: b"NEW".to_vec(), kdf: Kdf::Pbkdf2 };
    stage.keys = vec![RoomKey { identity: None, index: 1, material }];
    let dir = stage.dir.path().display();
    let script = format!(
        "if [ -e {dir}/told ]; then echo \"$ORDER\" > {dir}/order; {0}; exit; fi\n\
         say '{{\"report\":\"key_wanted\",\"identity\":\"ann\",\"index\":1,\"why\":\"missing_key\"}}'\n\
         read -r ANSWER; echo \"$ANSWER\" > {dir}/told; kill -9 $$",
        ended("room_ended")
    );
    stage.run(&script, 0).await;
    let read = |name: &str| fs::read_to_string(stage.path(name)).unwrap();
    let told: super::protocol::Command = serde_json::from_str(&read("told")).unwrap();
    assert_eq!(told, super::protocol::Command::Keys { keys: stage.keys.clone() });
    let order: super::protocol::Order = serde_json::from_str(&read("order")).unwrap();
    let indexes: Vec<u8> = order.keys.iter().map(|key| key.index).collect();
    assert_eq!(indexes, [0, 1]);
    assert!(!stage.heard().contains("NEW") && !format!("{told:?}").contains("78"), "{told:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there() {
    let stage = Stage::new(Server::with_the_room().await).await;
    stage.server.task.abort();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let (error, code) = stage.run("", 0).await.error().unwrap();
    assert!(code == 503 && error.contains("Connection refused"), "{error}");
}

#[tokio::test]
async fn the_order_comes_on_stdin_and_nowhere_else() {
    let stage = Stage::new(Server::with_the_room().await).await;
    let spy = format!(
        "echo \"$ORDER\" > {0}/order; tr '\\0' ' ' < /proc/$$/cmdline > {0}/argv; env > {0}/env\n{1}",
        stage.dir.path().display(),
        ended("room_ended")
    );
    stage.run(&spy, 0).await;
    let read = |name: &str| fs::read_to_string(stage.path(name)).unwrap();
    let order: super::protocol::Order = serde_json::from_str(&read("order")).unwrap();
    assert_eq!((order.room_name.as_str(), order.room_sid.as_str()), ("demo", "RM_x"));
    assert_eq!(order.api_secret.expose(), "API-SECRET");
    assert_eq!(order.keys[0].material.bytes, b"ROOM-KEY");
    assert!(order.recording.starts_with(stage.path("spool")));
    assert!(read("argv").contains("child"));
    for hidden in [read("argv"), read("env")] {
        assert!(!hidden.contains("SECRET") && !hidden.contains("ROOM-KEY"), "{hidden}");
    }
    // Cargo puts a dozen variables into a test's environment; a child has none of them.
    assert!(!read("env").contains("CARGO"), "{}", read("env"));
}

#[tokio::test]
async fn a_recording_that_never_began_is_aborted_and_leaves_nothing() {
    let stage = Stage::new(Server::with_the_room().await).await;
    let outcome = stage.run(&ended("room_ended"), 0).await;
    assert_eq!((outcome.verdict, outcome.file.clone()), (Verdict::Aborted, None));
    assert_eq!(outcome.error().unwrap().1, 412);
    assert_eq!(stage.spooled(), 0);
}

#[tokio::test]
async fn complete_without_a_byte_is_a_failure() {
    let stage = Stage::new(Server::with_the_room().await).await;
    let outcome = stage.run(&format!("{STARTED}\n{}", ended("room_ended")), 0).await;
    assert_eq!(outcome.verdict, Verdict::Failed);
    assert_eq!(outcome.error(), Some(("nothing was written".into(), 500)));
    assert_eq!(outcome.started_at, 77);
}

#[tokio::test]
async fn a_finished_log_becomes_the_file() {
    let stage = Stage::new(Server::with_the_room().await).await;
    log::write(&stage.path("made.mp4"));
    let copy = format!("cp {} \"$log\"", stage.path("made.mp4").display());
    let outcome = stage.run(&format!("{STARTED}\n{copy}\n{}", ended("duration")), 0).await;
    let file = outcome.file.clone().unwrap();
    assert_eq!(outcome.verdict, Verdict::Complete, "{outcome:?}");
    assert_eq!(file.path, stage.path("out/demo.mp4"));
    assert_eq!(file.size, fs::metadata(&file.path).unwrap().len());
    assert_eq!(stage.spooled(), 0);
    assert!(file.duration > Duration::from_secs(1), "{file:?}");
}

#[tokio::test]
async fn a_recorder_that_dies_leaves_what_it_wrote() {
    let stage = Stage::new(Server::with_the_room().await).await;
    log::write(&stage.path("made.mp4"));
    let copy = format!("cp {} \"$log\"", stage.path("made.mp4").display());
    let outcome = stage.run(&format!("{STARTED}\n{copy}\nkill -9 $$"), 0).await;
    assert_eq!(outcome.verdict, Verdict::Failed);
    assert_eq!(outcome.error(), Some(("the recorder died (signal 9)".into(), 500)));
    assert!(outcome.file.unwrap().path.is_file());
}

#[tokio::test]
async fn a_recorder_that_dies_is_followed_by_another_in_the_same_log() {
    let stage = Stage::new(Server::with_the_room().await).await;
    log::write(&stage.path("made.mp4"));
    let (made, first) = (stage.path("made.mp4"), stage.path("first"));
    let (made, first) = (made.display(), first.display());
    let script = format!(
        "if [ ! -e {first} ]; then touch {first}; {STARTED}; cp {made} \"$log\"; kill -9 $$; fi\n\
         echo \"$ORDER\" > {first}\nsay '{{\"report\":\"started\",\"started_at\":99}}'\n{}",
        ended("room_ended")
    );
    let outcome = stage.run(&script, 0).await;
    assert_eq!((outcome.verdict, outcome.started_at), (Verdict::Complete, 77), "{outcome:?}");
    assert!(outcome.file.unwrap().path.is_file());
    let order: super::protocol::Order =
        serde_json::from_str(&fs::read_to_string(stage.path("first")).unwrap()).unwrap();
    assert_eq!((order.restart, order.started_at), (1, Some(77)));
    assert!(stage.heard().contains("the recorder died (signal 9); another goes on"), "{}", stage.heard());
}

#[tokio::test]
async fn output_that_cannot_be_written_keeps_the_recording() {
    let stage = Stage::new(Server::with_the_room().await).await;
    log::write(&stage.path("made.mp4"));
    fs::write(stage.path("out"), "in the way").unwrap();
    let copy = format!("cp {} \"$log\"", stage.path("made.mp4").display());
    let outcome = stage.run(&format!("{STARTED}\n{copy}\n{}", ended("room_ended")), 0).await;
    let (error, _) = outcome.error().unwrap();
    assert!(error.contains("livetape spool recover EG_"), "{error}");
    assert_eq!((outcome.verdict, stage.spooled()), (Verdict::Failed, 1));
}

#[tokio::test]
async fn a_failed_recorder_is_a_failed_job() {
    let stage = Stage::new(Server::with_the_room().await).await;
    let failed = r#"say '{"report":"ended","end":{"why":"failed","error":"no way in","code":503}}'"#;
    let outcome = stage.run(failed, 0).await;
    assert_eq!((outcome.verdict, outcome.error()), (Verdict::Failed, Some(("no way in".into(), 503))));
}

#[tokio::test]
async fn a_taken_over_recording_is_left_alone() {
    let stage = Stage::new(Server::with_the_room().await).await;
    let outcome = stage.run(&format!("{STARTED}\n{}", ended("replaced")), 0).await;
    assert_eq!(outcome.verdict, Verdict::Aborted);
    assert_eq!(stage.spooled(), 1);
}

#[tokio::test]
async fn a_signal_stops_and_is_the_reason() {
    let stage = Stage::new(Server::with_the_room().await).await;
    log::write(&stage.path("made.mp4"));
    let copy = format!("cp {} \"$log\"", stage.path("made.mp4").display());
    let script = format!("{STARTED}\n{copy}\nread -r word; echo \"told $word\" >&2\n{}", ended("stopped"));
    let outcome = stage.run(&script, 1).await;
    assert_eq!((outcome.verdict, outcome.cause), (Verdict::Complete, Cause::Signal));
    assert!(stage.heard().contains(r#"log: told {"command":"stop"}"#), "{}", stage.heard());
}

#[tokio::test]
async fn a_second_signal_does_not_wait() {
    let stage = Stage::new(Server::with_the_room().await).await;
    log::write(&stage.path("made.mp4"));
    let copy = format!("cp {} \"$log\"", stage.path("made.mp4").display());
    let outcome = stage.run(&format!("{copy}\n{STARTED}\nexec sleep 600"), 2).await;
    assert_eq!((outcome.verdict, outcome.cause.clone()), (Verdict::Complete, Cause::Signal));
    assert!(outcome.file.is_some());
}

#[tokio::test]
async fn a_recorder_that_hangs_is_ended_and_what_it_wrote_is_kept() {
    let second = Duration::from_millis(300);
    let progress = r#"say '{"report":"progress","recorded_ms":1,"bytes":1,"participants":1,"locked":[]}'"#;
    for (patience, signals, says) in [
        (Patience { silence: second, ..Patience::default() }, 0, "the recorder hung"),
        (Patience { finish: second, ..Patience::default() }, 1, "the recorder hung at its end"),
    ] {
        let stage = Stage::new(Server::with_the_room().await).await;
        log::write(&stage.path("made.mp4"));
        let copy = format!("cp {} \"$log\"", stage.path("made.mp4").display());
        let outcome = stage
            .run_with(patience, &format!("{copy}\n{STARTED}\n{progress}\nexec sleep 600"), signals)
            .await;
        assert_eq!(outcome.error(), Some((says.into(), 500)));
        assert!(outcome.verdict == Verdict::Failed && outcome.file.is_some(), "{outcome:?}");
    }
}

#[tokio::test]
async fn nonsense_ends_no_recording() {
    let stage = Stage::new(Server::with_the_room().await).await;
    let script = format!("say garbage; say '{{\"report\":\"dance\"}}'\n{}", ended("removed"));
    let outcome = stage.run(&script, 0).await;
    assert_eq!(outcome.cause, Cause::Recorder(End::Removed));
}

/// A log as a recorder writes it: two seconds, one sample each a quarter of a second.
mod log {
    use std::time::Instant;

    use bytes::Bytes;

    use super::*;
    use crate::output::mp4::FragmentWriter;
    use crate::sample::{AudioConfig, Sample, Track, VideoConfig};
    use crate::storage::{LogWriter, RecordingDir};

    pub fn write(path: &Path) {
        let video = VideoConfig {
            width: 320,
            height: 180,
            fps: 30,
            avcc: Bytes::from_static(b"\x01\x4d\x00\x1f\xff\xe1\x00\x00\x01\x00\x00"),
        };
        let audio = AudioConfig {
            sample_rate: 48_000,
            channels: 2,
            asc: Bytes::from_static(&[0x11, 0x90]),
            bitrate: 192_000,
            priming: 1024,
        };
        let mut writer = FragmentWriter::new(&video, &audio, Duration::from_millis(250));
        let place = path.with_extension("place");
        fs::create_dir(&place).unwrap();
        let recording = RecordingDir::at(&place);
        let (mut log, _) = LogWriter::open(&recording, &video, &audio, 0).unwrap();
        let mut fragments = Vec::new();
        for step in 0..8_i64 {
            let at = step * 250_000_000;
            for track in [Track::Video, Track::Audio] {
                let sample = Sample {
                    track,
                    pts: at,
                    dts: at,
                    duration: 250_000_000,
                    sync: true,
                    data: Bytes::from_static(b"\0\0\0\x02xy"),
                };
                fragments.extend(writer.push(sample));
            }
        }
        fragments.extend(writer.flush());
        for fragment in fragments {
            log.append(&fragment, Instant::now()).unwrap();
        }
        log.sync().unwrap();
        fs::rename(recording.log_path(), path).unwrap();
    }
}
