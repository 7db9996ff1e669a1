//! The keys of one job: the newest of each, and a task that looks for newer ones.
//!
//! The source is looked at each second, so that a key that is laid out ahead is there before its first frame, and
//! at once when the recorder misses one. Whoever lays keys out may be a moment behind the senders: after a
//! question it is looked at ten times a second for a while.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, sleep_until, timeout};

use crate::e2ee::{KeySource, RoomKey, renew};

/// Between two looks when nothing is missing.
const CALM: Duration = Duration::from_secs(1);
/// Between two looks while something is: never less, whoever asks.
const URGENT: Duration = Duration::from_millis(100);
/// How long a question counts. It comes again each second for as long as the key is missing.
const COUNTS: Duration = Duration::from_secs(2);

/// The newest keys, and what looks for newer ones; dropping it ends that.
#[derive(Debug)]
pub(super) struct Keys {
    newest: Vec<RoomKey>,
    /// One batch at most; the looking waits for it to be taken.
    news: mpsc::Receiver<Vec<RoomKey>>,
    question: Arc<Notify>,
    looking: JoinHandle<()>,
}

impl Keys {
    /// Keys to begin with, and where newer ones come from.
    pub(super) fn new(first: Vec<RoomKey>, source: Box<dyn KeySource>) -> Self {
        let (to, news) = mpsc::channel(1);
        let question = Arc::new(Notify::new());
        let looking = tokio::spawn(look(source, to, Arc::clone(&question)));
        Self { newest: first, news, question, looking }
    }

    /// The newest key of each kind: what a recorder is started with.
    pub(super) fn newest(&self) -> &[RoomKey] {
        &self.newest
    }

    /// The recorder misses one.
    pub(super) fn wanted(&self) {
        self.question.notify_one();
    }

    /// Waits for keys that are new or have changed. Cancel safe.
    pub(super) async fn changed(&mut self) -> Vec<RoomKey> {
        match self.news.recv().await {
            Some(keys) => {
                renew(&mut self.newest, keys.clone());
                keys
            }
            // The source broke: the keys that there are must do.
            None => std::future::pending().await,
        }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

async fn look(mut source: Box<dyn KeySource>, to: mpsc::Sender<Vec<RoomKey>>, question: Arc<Notify>) {
    let mut asked: Option<Instant> = None;
    loop {
        let looked = Instant::now();
        // It may block: a file on a share, a service.
        let found = spawn_blocking(move || {
            let keys = source.look();
            (source, keys)
        });
        let keys;
        (source, keys) = match found.await {
            Ok(found) => found,
            Err(error) => {
                tracing::error!(error = %error, "keys can't be looked for any more");
                return;
            }
        };
        if !keys.is_empty() && to.send(keys).await.is_err() {
            return;
        }
        let urgent = asked.is_some_and(|asked| asked.elapsed() < COUNTS);
        let pause = if urgent { URGENT } else { CALM };
        if timeout(pause, question.notified()).await.is_ok() {
            asked = Some(Instant::now());
            sleep_until(looked + URGENT).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::e2ee::{Kdf, KeyMaterial};

    /// Gives what was put into it, and counts the looks.
    #[derive(Clone, Default)]
    struct Drawer {
        keys: Arc<Mutex<Vec<RoomKey>>>,
        looks: Arc<Mutex<Vec<Instant>>>,
    }

    impl KeySource for Drawer {
        fn look(&mut self) -> Vec<RoomKey> {
            self.looks.lock().unwrap().push(Instant::now());
            std::mem::take(&mut *self.keys.lock().unwrap())
        }
    }

    fn key(index: u8) -> RoomKey {
        RoomKey { identity: None, index, material: KeyMaterial { bytes: vec![index], kdf: Kdf::Hkdf } }
    }

    #[tokio::test]
    async fn a_key_that_is_laid_out_is_found_and_the_next_recorder_begins_with_it() {
        let drawer = Drawer::default();
        let mut keys = Keys::new(vec![key(0)], Box::new(drawer.clone()));
        assert!(timeout(Duration::from_millis(50), keys.changed()).await.is_err());
        *drawer.keys.lock().unwrap() = vec![key(1)];
        let laid = Instant::now();
        assert_eq!(keys.changed().await, [key(1)]);
        assert!(laid.elapsed() < CALM * 2);
        assert_eq!(keys.newest(), [key(0), key(1)]);
    }

    #[tokio::test]
    async fn a_question_is_followed_at_once_and_never_more_than_ten_times_a_second() {
        let drawer = Drawer::default();
        let mut keys = Keys::new(vec![], Box::new(drawer.clone()));
        assert!(timeout(URGENT * 2, keys.changed()).await.is_err());
        let asked = Instant::now();
        keys.wanted();
        // Somebody asks without end; the key comes late.
        for _ in 0..50 {
            keys.wanted();
            assert!(timeout(URGENT / 10, keys.changed()).await.is_err());
        }
        *drawer.keys.lock().unwrap() = vec![key(0)];
        let laid = Instant::now();
        assert_eq!(keys.changed().await, [key(0)]);
        assert!(laid.elapsed() < CALM * 3 / 4, "{:?}", laid.elapsed());
        let looks = drawer.looks.lock().unwrap().clone();
        let first = looks.iter().find(|look| **look >= asked).unwrap();
        assert!(*first - asked < CALM / 2);
        for pair in looks.windows(2) {
            assert!(pair[1] - pair[0] >= URGENT - Duration::from_millis(5), "{:?}", pair[1] - pair[0]);
        }
    }
}
