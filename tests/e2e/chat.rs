//! Encrypted data packets and streams, sent by LiveKit's own SDK, come out in clear of the client that a seat
//! has: what it takes to record a chat.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use livekit::e2ee::key_provider::{KeyProvider, KeyProviderOptions};
use livekit::e2ee::{E2eeOptions, EncryptionType};
use livekit::{Room, RoomEvent, RoomOptions, StreamReader as _};
use livetape::job::{EgressId, Secret, join_token};
use livetape_rig::harness::{API_KEY, API_SECRET, PublishOptions, Publishers};
use tokio::time::timeout;

use crate::support::{KEY, ROOM, Stage};

/// What is sent, longer than one packet.
const TEXT: &str = "Der Schlüssel liegt unter der Matte. ";
const TOPIC: &str = "lk.chat";

#[test]
fn encrypted_chat_opens_with_the_key_and_stays_shut_without() -> Result<()> {
    let stage = Stage::new()?;
    let options = PublishOptions::encrypted(1, KEY).with(&["--no-video"]).with(&["--no-audio"]);
    let mut publishers = Publishers::start(&stage.scratch, &stage.server.url(), ROOM, &options)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let long = TEXT.repeat(1000);
    let heard = runtime.block_on(async {
        let mut right = Listener::join(&stage, 1, KEY).await?;
        let mut wrong = Listener::join(&stage, 2, "another key").await?;
        publishers.send("send_text", &long, TOPIC)?;
        publishers.send("send_data", TEXT, TOPIC)?;
        let heard = (right.hear(2).await?, wrong.hear(1).await?);
        right.room.close().await?;
        wrong.room.close().await?;
        anyhow::Ok(heard)
    })?;
    publishers.leave()?;
    let (mut right, wrong) = heard;
    right.sort();
    let mut sent = [long, TEXT.to_owned()];
    sent.sort();
    ensure!(right == sent, "{right:?}");
    ensure!(wrong.is_empty(), "opened without the key: {wrong:?}");
    Ok(())
}

/// A seat that hears what is said.
struct Listener {
    room: Room,
    events: tokio::sync::mpsc::UnboundedReceiver<RoomEvent>,
}

impl Listener {
    async fn join(stage: &Stage, number: u8, key: &str) -> Result<Self> {
        let id = EgressId::from_random(&[number; 32]).context("an id")?;
        let token = join_token(&Secret::new(API_KEY), &Secret::new(API_SECRET), &id, ROOM)?;
        let keys = KeyProvider::with_shared_key(KeyProviderOptions::default(), key.as_bytes().to_vec());
        let mut options = RoomOptions::default();
        options.encryption = Some(E2eeOptions { encryption_type: EncryptionType::Gcm, key_provider: keys });
        let (room, events) = Room::connect(&stage.server.url(), token.expose(), options).await?;
        Ok(Self { room, events })
    }

    /// So many texts, or as many as come in time.
    async fn hear(&mut self, count: usize) -> Result<Vec<String>> {
        let mut texts = Vec::new();
        while texts.len() < count {
            let Ok(event) = timeout(Duration::from_secs(3), self.events.recv()).await else { break };
            match event.context("the room is gone")? {
                RoomEvent::TextStreamOpened { reader, topic, .. } => {
                    ensure!(topic == TOPIC, "{topic}");
                    texts.push(reader.take().context("a reader")?.read_all().await?);
                }
                RoomEvent::DataReceived { payload, topic, .. } => {
                    ensure!(topic.as_deref() == Some(TOPIC), "{topic:?}");
                    texts.push(String::from_utf8(payload.to_vec())?);
                }
                _ => {}
            }
        }
        Ok(texts)
    }
}
