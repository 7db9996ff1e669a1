//! The rig itself: servers start and end, publishers publish, a control measures, leftovers are found.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use livetape_rig::harness::{
    Certificate, Control, LiveKitServer, Nginx, Process, PublishOptions, Publishers, Scratch,
};

#[test]
fn an_ordinary_subscriber_sees_and_hears_encrypted_publishers_in_sync() -> Result<()> {
    let scratch = Scratch::new()?;
    let server = LiveKitServer::start(&scratch)?;
    let options = PublishOptions::encrypted(2, "geheim");
    let mut publishers = Publishers::start(&scratch, &server.url(), "demo", &options)?;
    let control = Control::start(&scratch, &server.url(), "demo", 2, 8, Some("geheim"))?;
    let measured = control.measured()?;
    for who in ["p0", "p1"] {
        let found = &measured[who];
        println!("{who}: {found:?}");
        assert!(found.frames > 200, "{who} is hardly seen: {found:?}");
        let offset = found.offset_ms.as_ref().map(|o| o.median.abs());
        assert!(offset.is_some_and(|o| o < 60.0), "{who} is out of sync: {found:?}");
    }
    publishers.command("mute", "p1")?;
    assert!(server.room(&["participants", "demo"])?.contains(r#""muted": true"#));
    assert_eq!(publishers.leave()?.len(), 2);
    Ok(())
}

#[test]
fn the_wrong_key_opens_nothing() -> Result<()> {
    let scratch = Scratch::new()?;
    let server = LiveKitServer::start(&scratch)?;
    let options = PublishOptions::encrypted(1, "geheim");
    let publishers = Publishers::start(&scratch, &server.url(), "demo", &options)?;
    let control = Control::start(&scratch, &server.url(), "demo", 1, 3, Some("anders"))?;
    assert_eq!(control.measured()?["p0"].frames, 0);
    publishers.leave()?;
    Ok(())
}

#[test]
fn tls_is_right_wrong_or_expired() -> Result<()> {
    let scratch = Scratch::new()?;
    let server = LiveKitServer::start(&scratch)?;
    let cases = [
        (Certificate::Right, None),
        (Certificate::WrongName, Some("no alternative certificate subject name matches")),
        (Certificate::Expired, Some("expired")),
    ];
    for (certificate, refused) in cases {
        let nginx = Nginx::tls(&scratch, certificate, server.port())?;
        let url = nginx.url().replace("wss://", "https://");
        let output =
            Command::new("curl").args(["-sS", "--cacert"]).arg(nginx.authority()).arg(url).output()?;
        let error = String::from_utf8_lossy(&output.stderr);
        match refused {
            None => assert_eq!(output.stdout, b"OK", "{error}"),
            Some(why) => assert!(error.contains(why), "{certificate:?}: {error}"),
        }
    }
    Ok(())
}

#[test]
fn a_process_that_is_left_behind_fails_the_test() {
    let left = std::panic::catch_unwind(|| -> Result<()> {
        let scratch = Scratch::new()?;
        let command = "sleep 60 > left & echo $!";
        let mut shell =
            Process::start("sh", Command::new("sh").args(["-c", command]).current_dir(scratch.path()))?;
        shell.wait(Duration::from_secs(5))?;
        Ok(())
    });
    let Err(panic) = left else { panic!("nothing was found") };
    let message = panic.downcast_ref::<String>().map_or("", String::as_str);
    assert!(message.contains("sleep 60"), "{message}");
}
