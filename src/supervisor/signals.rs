//! The signals that ask for an end.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// Signals in flight: more than two mean no more than two. Full: dropped.
const PENDING: usize = 4;

/// SIGINT (a person), SIGTERM (a service manager), SIGHUP (a closed terminal): each asks for an end.
#[derive(Debug)]
pub struct Signals(mpsc::Receiver<()>);

impl Signals {
    /// From now on these signals don't kill.
    ///
    /// # Errors
    /// The handlers can't be installed.
    pub fn install() -> std::io::Result<Self> {
        let (sender, signals) = Self::by_hand();
        for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
            let mut caught = signal(kind)?;
            let sender = sender.clone();
            // Ends with the runtime: a signal may come as long as there is one.
            drop(tokio::spawn(async move {
                while caught.recv().await.is_some() {
                    let _ = sender.try_send(());
                }
            }));
        }
        Ok(signals)
    }

    /// Signals that come when the sender says so.
    pub fn by_hand() -> (mpsc::Sender<()>, Self) {
        let (sender, receiver) = mpsc::channel(PENDING);
        (sender, Self(receiver))
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            // Nobody can send any more.
            std::future::pending::<()>().await;
        }
    }
}
