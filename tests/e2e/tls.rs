//! `wss`: a server behind nginx with an authority of our own, and certificates that must be refused.

use std::time::Duration;

use anyhow::Result;
use livetape_rig::harness::{Certificate, Nginx, PATIENCE, PublishOptions, Publishers};

use crate::support::{KEY, ROOM, Stage};

#[test]
fn wss_records_and_wrong_certificates_are_refused_with_a_clear_line() -> Result<()> {
    let stage = Stage::new()?;
    let options = PublishOptions::encrypted(1, KEY);
    let publishers = Publishers::start(&stage.scratch, &stage.server.url(), ROOM, &options)?;
    let key = stage.scratch.join("key.txt");
    let (key, film) = (key.to_string_lossy(), stage.film.to_string_lossy());
    for (certificate, refused) in [
        (Certificate::WrongName, Some(["name", "localhost"])),
        (Certificate::Expired, Some(["certificate", "expired"])),
        (Certificate::Right, None),
    ] {
        let nginx = Nginx::tls(&stage.scratch, certificate, stage.server.port())?;
        let recorder = stage.recorder.clone().env("SSL_CERT_FILE", nginx.authority());
        let url = nginx.url();
        let target = ["record", "--url", &url, "--room", ROOM, "--e2ee-key-file", &key, "--output", &film];
        let outcome = recorder.run(&[&target[..], &["--duration", "3s"]].concat(), PATIENCE)?;
        match refused {
            Some(words) => {
                assert!(!outcome.status.success(), "{certificate:?} was accepted: {}", outcome.stderr);
                let told = |line: &str| {
                    let line = line.to_lowercase();
                    line.contains("error") && words.iter().all(|word| line.contains(word))
                };
                assert!(outcome.stderr.lines().any(told), "{certificate:?} is not told: {}", outcome.stderr);
                assert!(outcome.took < Duration::from_secs(15), "{certificate:?} took {:?}", outcome.took);
            }
            None => {
                assert!(outcome.status.success(), "{}", outcome.stderr);
                let report = stage.report()?;
                assert!(report.participant(0).is_some_and(|p| p.pictures > 60), "{}", report.brief());
            }
        }
    }
    publishers.leave()?;
    Ok(())
}
