//! A checked order: every field is right, and means one thing.

use std::path::PathBuf;
use std::time::Duration;

use crate::e2ee::RoomKey;

use super::{
    Encoding, Endpoint, Given, KeyFile, Layout, Mistake, Preset, Request, Secret, Template, keys, parse_span,
};

/// Bit rates that AAC at 48 kHz stereo takes, kbit/s.
const AUDIO_KBPS: std::ops::RangeInclusive<u32> = 32..=512;

/// Distances of keyframes that make sense, seconds.
const KEY_FRAME_INTERVAL_S: std::ops::RangeInclusive<u32> = 1..=60;

/// How often the room may be looked for.
const POLL_INTERVAL: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_secs(60);

/// One recording, ready to be made.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where the server is.
    pub endpoint: Endpoint,
    /// The room's name.
    pub room: String,
    /// API key that tokens are minted with.
    pub api_key: Secret,
    /// API secret that tokens are signed with.
    pub api_secret: Secret,
    /// The room's keys that there are so far.
    pub keys: Vec<RoomKey>,
    /// Where newer ones are looked for.
    pub key_files: Vec<KeyFile>,
    /// Where the file goes.
    pub output: Template,
    /// The same as it was written, for status.
    pub output_text: String,
    /// The directory that a relative output starts from.
    pub cwd: PathBuf,
    /// How tiles are laid out.
    pub layout: Layout,
    /// The preset's name lives on in status.
    pub preset: Preset,
    /// Canvas, cadence and bit rates.
    pub encoding: Encoding,
    /// End after this much recorded time.
    pub duration: Option<Duration>,
    /// How long to wait for the room.
    pub wait_for_room: Duration,
    /// How often to look for it.
    pub poll_interval: Duration,
    /// The spool's directory.
    pub spool: PathBuf,
}

impl TryFrom<Request> for Plan {
    type Error = Vec<Mistake>;

    /// Checks everything, and tells all mistakes at once.
    fn try_from(request: Request) -> Result<Self, Self::Error> {
        let Request {
            url,
            room,
            api_key,
            api_secret,
            keys,
            key_encoding,
            kdf,
            output,
            cwd,
            layout,
            preset,
            audio_kbps,
            key_frame_interval_s,
            duration,
            wait_for_room,
            poll_interval,
            insecure,
            spool,
        } = request;
        let mut notes = Notes::default();

        let endpoint = notes.required("--url", url, "no server; say --url wss://… or set LIVEKIT_URL");
        let endpoint = endpoint.and_then(|text| notes.keep("--url", Endpoint::parse(&text, insecure)));
        let room = notes.required("--room", room, "no room; say --room NAME");
        let api_key = notes.credential("--api-key-file", api_key, "LIVEKIT_API_KEY");
        let api_secret = notes.credential("--api-secret-file", api_secret, "LIVEKIT_API_SECRET");
        let keys = keys::check(keys, key_encoding.as_deref(), kdf.as_deref(), &mut notes.0);
        let output_text = notes.required("--output", output, "no output; say --output FILE");
        let output = output_text.as_deref().and_then(|text| notes.keep("--output", Template::parse(text)));
        let layout = notes.keep("--layout", Layout::parse(&layout));
        let preset = notes.keep("--preset", Preset::parse(&preset));
        notes.within("audio_kbps", audio_kbps, &AUDIO_KBPS);
        notes.within("key_frame_interval_s", key_frame_interval_s, &KEY_FRAME_INTERVAL_S);
        let duration = match duration {
            None => Some(None),
            Some(text) => notes.keep("--duration", parse_span(&text).and_then(not_zero)).map(Some),
        };
        let wait_for_room = notes.keep("--wait-for-room", parse_span(&wait_for_room));
        let poll_interval = notes.keep("poll_interval", parse_span(&poll_interval).and_then(poll_range));

        let parts = (endpoint, room, api_key, api_secret, keys, output, output_text, layout, preset);
        let spans = (duration, wait_for_room, poll_interval);
        match (parts, spans) {
            (
                (
                    Some(endpoint),
                    Some(room),
                    Some(api_key),
                    Some(api_secret),
                    Some((keys, key_files)),
                    Some(output),
                    Some(output_text),
                    Some(layout),
                    Some(preset),
                ),
                (Some(duration), Some(wait_for_room), Some(poll_interval)),
            ) if notes.0.is_empty() => Ok(Self {
                endpoint,
                room,
                api_key,
                api_secret,
                keys,
                key_files,
                output,
                output_text,
                cwd,
                layout,
                preset,
                encoding: preset.encoding(audio_kbps, key_frame_interval_s),
                duration,
                wait_for_room,
                poll_interval,
                spool,
            }),
            _ => Err(notes.0),
        }
    }
}

fn not_zero(span: Duration) -> Result<Duration, String> {
    if span.is_zero() { Err("nothing can be recorded in no time".to_owned()) } else { Ok(span) }
}

fn poll_range(span: Duration) -> Result<Duration, String> {
    if POLL_INTERVAL.contains(&span) { Ok(span) } else { Err("must be between 100ms and 1m".to_owned()) }
}

/// The mistakes so far. A value that isn't there (`None`) has its note, here or where it was read.
#[derive(Default)]
struct Notes(Vec<Mistake>);

impl Notes {
    fn note(&mut self, about: &str, text: impl AsRef<str>) {
        self.0.push(Mistake::new(about, text));
    }

    fn keep<T>(&mut self, about: &str, checked: Result<T, String>) -> Option<T> {
        checked.map_err(|text| self.note(about, text)).ok()
    }

    fn required(&mut self, about: &str, text: Option<String>, otherwise: &str) -> Option<String> {
        let text = text.filter(|text| !text.is_empty());
        if text.is_none() {
            self.note(about, otherwise);
        }
        text
    }

    fn credential(&mut self, about: &str, given: Given<Secret>, variable: &str) -> Option<Secret> {
        match given {
            Given::Present(secret) if !secret.expose().is_empty() => Some(secret),
            Given::Present(_) => {
                self.note(about, "is empty");
                None
            }
            Given::Absent => {
                self.note(about, format!("no credentials; say {about} FILE or set {variable}"));
                None
            }
            Given::Unreadable => None,
        }
    }

    fn within(&mut self, about: &str, value: u32, range: &std::ops::RangeInclusive<u32>) {
        if !range.contains(&value) {
            self.note(about, format!("{value} isn't between {} and {}", range.start(), range.end()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::GivenKey;
    use super::*;
    use crate::e2ee::{Kdf, KeyEncoding, KeyMaterial};

    fn request() -> Request {
        Request {
            url: Some("wss://meet.example.com".into()),
            room: Some("demo".into()),
            api_key: Given::Present(Secret::new("key")),
            api_secret: Given::Present(Secret::new("secret")),
            keys: vec![],
            key_encoding: None,
            kdf: None,
            output: Some("out.mp4".into()),
            cwd: "/w".into(),
            layout: "grid".into(),
            preset: "h264-720p30".into(),
            audio_kbps: 192,
            key_frame_interval_s: 4,
            duration: None,
            wait_for_room: "0s".into(),
            poll_interval: "500ms".into(),
            insecure: false,
            spool: "/spool".into(),
        }
    }

    fn key(identity: Option<&str>, index: u8, text: Given<Vec<u8>>) -> GivenKey {
        let (about, identity) = ("--e2ee-key-file".to_owned(), identity.map(str::to_owned));
        GivenKey { about, identity, index, text, file: Some(format!("/key{index}").into()) }
    }

    fn with_key(text: &[u8], encoding: Option<&str>, kdf: Option<&str>) -> Request {
        Request {
            keys: vec![key(None, 0, Given::Present(text.to_vec()))],
            key_encoding: encoding.map(str::to_owned),
            kdf: kdf.map(str::to_owned),
            ..request()
        }
    }

    fn mistakes(request: Request) -> Vec<String> {
        Plan::try_from(request).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_good_order() {
        let plan = Plan::try_from(Request {
            duration: Some("30s".into()),
            wait_for_room: "1m".into(),
            preset: "H264_1080P_60".into(),
            ..with_key(b"pass", None, None)
        })
        .unwrap();
        assert_eq!(plan.duration, Some(Duration::from_secs(30)));
        assert_eq!(plan.wait_for_room, Duration::from_secs(60));
        assert_eq!((plan.encoding.width, plan.encoding.fps, plan.encoding.audio_kbps), (1920, 60, 192));
        let material = KeyMaterial { bytes: b"pass".to_vec(), kdf: Kdf::Pbkdf2 };
        assert_eq!(plan.keys, [RoomKey { identity: None, index: 0, material }]);
        assert_eq!(Plan::try_from(request()).unwrap().keys, []);
    }

    #[test]
    fn raw_keys_name_their_derivation() {
        let plan = Plan::try_from(with_key(b"00ff", Some("hex"), Some("hkdf"))).unwrap();
        assert_eq!(plan.keys[0].material, KeyMaterial { bytes: vec![0, 255], kdf: Kdf::Hkdf });
        let says = mistakes(with_key(b"00ff", Some("hex"), None));
        assert!(
            says.len() == 1 && says[0].starts_with("--e2ee-kdf: must be given with base64 or hex"),
            "{says:?}"
        );
        assert_eq!(mistakes(with_key(b"!", Some("base64"), None)).len(), 2);
    }

    #[test]
    fn several_keys_each_with_its_place_and_a_file_that_may_come_later() {
        let text = || Given::Present(b"pass".to_vec());
        let keys = vec![key(None, 0, text()), key(Some("ann"), 0, text()), key(None, 200, Given::Absent)];
        let plan = Plan::try_from(Request { keys, ..request() }).unwrap();
        let places: Vec<_> = plan.keys.iter().map(|key| (key.identity.as_deref(), key.index)).collect();
        assert_eq!(places, [(None, 0), (Some("ann"), 0)]);
        assert_eq!(plan.key_files.len(), 3);
        assert_eq!((plan.key_files[2].index, plan.key_files[2].encoding), (200, KeyEncoding::Utf8));
        let keys = vec![key(None, 1, text()), key(None, 1, Given::Absent)];
        let says = mistakes(Request { keys, ..request() });
        assert_eq!(says, ["--e2ee-key-file: there is another key with index 1 already"]);
    }

    #[test]
    fn each_mistake_has_its_line() {
        let table: Vec<(Request, &str)> = vec![
            (Request { url: None, ..request() }, "--url: no server"),
            (Request { url: Some("meet".into()), ..request() }, "--url: `meet` isn't a URL"),
            (
                Request { url: Some("ws://meet.example.com".into()), ..request() },
                "--url: ws:// sends the token in clear",
            ),
            (Request { room: None, ..request() }, "--room: no room"),
            (Request { room: Some(String::new()), ..request() }, "--room: no room"),
            (Request { api_key: Given::Absent, ..request() }, "--api-key-file: no credentials"),
            (Request { api_secret: Given::Absent, ..request() }, "--api-secret-file: no credentials"),
            (
                Request { api_secret: Given::Present(Secret::new("")), ..request() },
                "--api-secret-file: is empty",
            ),
            (with_key(b"", None, None), "--e2ee-key-file: the key is empty"),
            (with_key(b"!", Some("base64"), Some("hkdf")), "--e2ee-key-file: the key isn't base64"),
            (with_key(b"x", Some("hex"), Some("hkdf")), "--e2ee-key-file: the key isn't hexadecimal"),
            (with_key(b"\xff", None, None), "--e2ee-key-file: the key isn't UTF-8"),
            (with_key(b"x", Some("rot13"), None), "--e2ee-key-encoding: unknown encoding `rot13`"),
            (with_key(b"x", None, Some("md5")), "--e2ee-kdf: unknown derivation `md5`"),
            (Request { kdf: Some("hkdf".into()), ..request() }, "--e2ee-key-file: no key"),
            (Request { output: None, ..request() }, "--output: no output"),
            (Request { output: Some("{foo}.mp4".into()), ..request() }, "--output: unknown variable `{foo}`"),
            (Request { layout: "mosaic".into(), ..request() }, "--layout: unknown layout `mosaic`"),
            (Request { preset: "4k".into(), ..request() }, "--preset: unknown preset `4k`"),
            (Request { duration: Some("soon".into()), ..request() }, "--duration: `soon` isn't a span"),
            (
                Request { duration: Some("0s".into()), ..request() },
                "--duration: nothing can be recorded in no time",
            ),
            (Request { wait_for_room: "60".into(), ..request() }, "--wait-for-room: `60` isn't a span"),
            (Request { poll_interval: "1ms".into(), ..request() }, "poll_interval: must be between"),
            (Request { audio_kbps: 9, ..request() }, "audio_kbps: 9 isn't between 32 and 512"),
            (
                Request { key_frame_interval_s: 0, ..request() },
                "key_frame_interval_s: 0 isn't between 1 and 60",
            ),
        ];
        for (request, line) in table {
            let says = mistakes(request);
            assert!(says.len() == 1 && says[0].starts_with(line), "{line}: {says:?}");
        }
    }

    #[test]
    fn all_mistakes_come_at_once() {
        let says = mistakes(Request {
            url: None,
            room: None,
            output: None,
            layout: "x".into(),
            preset: "x".into(),
            duration: Some("x".into()),
            ..with_key(b"", None, None)
        });
        assert_eq!(says.len(), 7, "{says:?}");
    }

    #[test]
    fn what_was_unreadable_is_told_by_whoever_read_it() {
        let keys = vec![key(None, 0, Given::Unreadable)];
        let unreadable = Request { api_key: Given::Unreadable, keys, ..request() };
        assert_eq!(Plan::try_from(unreadable).unwrap_err(), []);
    }
}
