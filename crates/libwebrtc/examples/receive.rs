//! Joins a room as a hidden recorder and prints, once a second, what comes in on each track.
//!
//! ```text
//! receive URL API_KEY API_SECRET ROOM [e2ee=PASSPHRASE] [secs=N] [toggle=N] [pli=N] [dual=1]
//!         [say=TEXT]
//! ```
//! `toggle=N` turns every subscription off and on again each N seconds; `pli=N` asks for a key
//! frame each N seconds; `dual=1` uses two peer connections. Pauses longer than 150 ms are told of,
//! those across a track's end and its return included. `say=TEXT` sends it to everybody each second.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use libwebrtc::encoded::{EncodedFrameStream, Encryption, Received};
use libwebrtc::native::frame_cryptor::with_keyring;
use livekit::e2ee::key_provider::{KeyProvider, KeyProviderOptions};
use livekit::e2ee::{E2eeOptions, EncryptionType};
use livekit::prelude::*;
use livetape_rtc::e2ee::Kdf;
use livetape_rtc::{Keyring, KeyringOptions};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// What came in on a track within a second.
#[derive(Default, Clone)]
struct Count {
    frames: u64,
    keyframes: u64,
    bytes: u64,
    gaps: u64,
    refused: u64,
    reports: u64,
    ended: bool,
}

/// Counts by track, and when a participant's track of some name gave its last frame.
#[derive(Default)]
struct Seen {
    counts: HashMap<String, Count>,
    last: HashMap<String, Instant>,
}

type Counts = Arc<Mutex<Seen>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).init();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [url, key, secret, room, options @ ..] = args.as_slice() else {
        return Err("receive URL API_KEY API_SECRET ROOM [name=value …]".into());
    };
    let option = |name: &str| {
        options.iter().find_map(|o| o.split_once('=').filter(|(n, _)| *n == name)).map(|(_, v)| v)
    };
    let seconds = |name: &str| option(name).and_then(|v| v.parse().ok()).map(Duration::from_secs);

    let begin = Instant::now();
    let token = token(key, secret, room, option("say").is_some())?;
    let mut options = room_options(option("e2ee"));
    options.single_peer_connection = option("dual").is_none();
    let (room, mut events) = Room::connect(url, &token, options).await?;
    println!("{:6.3} connected to {}", begin.elapsed().as_secs_f64(), room.name());

    let counts = Counts::default();
    let mut second = tokio::time::interval(Duration::from_secs(1));
    let mut toggle = tokio::time::interval(seconds("toggle").unwrap_or(Duration::from_secs(86_400)));
    let end = tokio::time::sleep(seconds("secs").unwrap_or(Duration::from_secs(20)));
    tokio::pin!(end);
    let mut on = true;
    toggle.tick().await;
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Some(event) => on_event(event, begin, &counts, seconds("pli")),
                None => break,
            },
            _ = second.tick() => {
                print(begin, &counts);
                if let Some(text) = option("say") {
                    let payload = text.as_bytes().to_vec();
                    let packet = DataPacket { payload, reliable: true, ..Default::default() };
                    room.local_participant().publish_data(packet).await?;
                }
            }
            _ = toggle.tick() => {
                on = !on;
                for participant in room.remote_participants().values() {
                    for publication in participant.track_publications().values() {
                        publication.set_subscribed(on);
                    }
                }
                println!("{:6.3} subscribed: {on}", begin.elapsed().as_secs_f64());
            }
            () = &mut end => break,
        }
    }
    let closing = Instant::now();
    room.close().await?;
    println!("{:6.3} closed in {:?}", begin.elapsed().as_secs_f64(), closing.elapsed());
    tokio::time::sleep(Duration::from_millis(500)).await;
    print(begin, &counts);
    Ok(())
}

fn token(key: &str, secret: &str, room: &str, speaks: bool) -> Outcome<String> {
    let grants = livekit_api::access_token::VideoGrants {
        room_join: true,
        room: room.to_owned(),
        hidden: true,
        recorder: true,
        can_publish: Some(false),
        can_subscribe: Some(true),
        can_publish_data: Some(speaks),
        ..Default::default()
    };
    let token = livekit_api::access_token::AccessToken::with_api_key(key, secret);
    Ok(token.with_identity("receive").with_grants(grants).to_jwt()?)
}

fn room_options(passphrase: Option<&str>) -> RoomOptions {
    let mut options = RoomOptions::default();
    options.auto_subscribe = true;
    if let Some(passphrase) = passphrase {
        let keyring = Arc::new(Keyring::new(KeyringOptions::default()));
        keyring.set_shared(0, passphrase.as_bytes(), Kdf::Pbkdf2, b"LKFrameEncryptionKey");
        let key_provider = with_keyring(keyring, || KeyProvider::new(KeyProviderOptions::default()));
        let encryption_type = EncryptionType::Gcm;
        options.encryption = Some(E2eeOptions { encryption_type, key_provider });
    }
    options
}

fn on_event(event: RoomEvent, begin: Instant, counts: &Counts, pli: Option<Duration>) {
    let at = begin.elapsed().as_secs_f64();
    match event {
        RoomEvent::TrackSubscribed { track, publication, participant } => {
            let who = participant.identity();
            let name = format!("{who} {} {}", publication.name(), publication.sid());
            println!("{at:6.3} subscribed {name}");
            let expect = match publication.encryption_type() {
                EncryptionType::None => Encryption::Clear,
                _ => Encryption::Encrypted,
            };
            let stream = EncodedFrameStream::new(&track.rtc_track(), expect);
            tokio::spawn(read(stream, name, begin, counts.clone(), pli));
        }
        RoomEvent::DataReceived { payload, topic, .. } => {
            println!("{at:6.3} data {topic:?}: {}", String::from_utf8_lossy(&payload));
        }
        RoomEvent::TrackUnsubscribed { publication, .. } => {
            println!("{at:6.3} unsubscribed {}", publication.sid());
        }
        RoomEvent::ActiveSpeakersChanged { .. } | RoomEvent::ConnectionQualityChanged { .. } => {}
        other => {
            println!("{at:6.3} {}", format!("{other:?}").chars().take(60).collect::<String>());
        }
    }
}

async fn read(
    mut stream: EncodedFrameStream,
    name: String,
    begin: Instant,
    counts: Counts,
    pli: Option<Duration>,
) {
    let mut first = true;
    let mut asked = Instant::now();
    while let Some(received) = stream.next().await {
        if pli.is_some_and(|every| asked.elapsed() >= every) {
            asked = Instant::now();
            stream.request_keyframe();
        }
        let Ok(mut seen) = counts.lock() else { return };
        let Seen { counts, last } = &mut *seen;
        let now = Instant::now();
        let source = name.rsplit_once(' ').map_or("", |(source, _)| source);
        if let Some(before) = last.insert(source.to_owned(), now) {
            let pause = now - before;
            if pause > Duration::from_millis(150) {
                println!("{:6.3} pause of {pause:?} in {name}", begin.elapsed().as_secs_f64());
            }
        }
        let count = counts.entry(name.clone()).or_default();
        match received {
            Received::Frame(frame) => {
                if std::mem::take(&mut first) {
                    let at = begin.elapsed().as_secs_f64();
                    let (codec, key) = (frame.meta.codec, frame.keyframe);
                    println!("{at:6.3} first frame of {name}: {codec:?} key={key}");
                }
                count.frames += 1;
                count.keyframes += u64::from(frame.keyframe);
                count.bytes += frame.data.len() as u64;
                count.gaps += u64::from(!frame.meta.contiguous);
                count.reports += u64::from(frame.meta.sender_report.is_some());
            }
            Received::Refused(_) => count.refused += 1,
        }
    }
    let stats = stream.track().map(|track| track.stats());
    println!("{:6.3} end of {name}: {stats:?}", begin.elapsed().as_secs_f64());
    if let Ok(mut seen) = counts.lock() {
        seen.counts.entry(name).or_default().ended = true;
    }
}

fn print(begin: Instant, counts: &Counts) {
    let Ok(mut seen) = counts.lock() else { return };
    let mut all: Vec<_> = seen.counts.drain().collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, c) in all {
        let at = begin.elapsed().as_secs_f64();
        let ended = if c.ended { ", ended" } else { "" };
        println!(
            "{at:6.3}   {name}: {} frames, {} key, {} bytes, {} gaps, {} refused, {} reports{ended}",
            c.frames, c.keyframes, c.bytes, c.gaps, c.refused, c.reports,
        );
    }
}
