//! Puts the layers together: command line over environment over file over defaults.

use std::path::{Path, PathBuf};

use crate::job::{Given, Mistake, Request, Secret};

use super::keys::{self, KeyFlags};
use super::{Environment, RecordConfig, RecordFlags, secret_file};

/// Gathers one order, and every mistake met in doing so. What was unreadable is marked as such, so that
/// it isn't reported twice.
pub fn gather(flags: RecordFlags, env: &Environment) -> (Request, Vec<Mistake>) {
    let mut notes = Vec::new();
    let RecordFlags {
        url,
        room,
        api_key_file,
        api_secret_file,
        e2ee_key_file,
        e2ee_key_late,
        e2ee_key_env,
        e2ee_key_encoding,
        e2ee_kdf,
        output,
        layout,
        preset,
        duration,
        wait_for_room,
        json: _,
        insecure,
        spool,
        config,
    } = flags;

    let mut file = RecordConfig::default();
    if let Some(path) = config {
        match RecordConfig::load(&env.cwd().join(path)) {
            Ok(loaded) => file = loaded,
            Err(mistake) => notes.push(mistake),
        }
    }
    let config = match RecordConfig::built_in() {
        Ok(built_in) => file.over(built_in),
        Err(mistake) => {
            notes.push(mistake);
            file
        }
    };

    let mut read = |path: &Path, about: &str| match secret_file::read(&env.cwd().join(path), about) {
        Ok(text) => Given::Present(text),
        Err(mistake) => {
            notes.push(mistake);
            Given::Unreadable
        }
    };
    let mut credential = |flag: Option<PathBuf>, variable: &str, file: Option<PathBuf>, about: &str| {
        let path = match (flag, env.get(variable)) {
            (None, Some(value)) => return Given::Present(Secret::new(value)),
            (Some(path), _) => path,
            (None, None) => match file {
                Some(path) => path,
                None => return Given::Absent,
            },
        };
        match read(&path, about) {
            Given::Present(text) => Given::Present(Secret::new(String::from_utf8_lossy(&text))),
            Given::Unreadable => Given::Unreadable,
            Given::Absent => Given::Absent,
        }
    };
    let api_key = credential(api_key_file, "LIVEKIT_API_KEY", config.server.api_key_file, "--api-key-file");
    let api_secret =
        credential(api_secret_file, "LIVEKIT_API_SECRET", config.server.api_secret_file, "--api-secret-file");
    let asked = KeyFlags { files: e2ee_key_file, variable: e2ee_key_env, late: e2ee_key_late };
    let keys = keys::gather(asked, &config.e2ee, env, &mut notes);

    let request = Request {
        url: url.or_else(|| env.get("LIVEKIT_URL").map(str::to_owned)).or(config.server.url),
        room,
        api_key,
        api_secret,
        keys,
        key_encoding: e2ee_key_encoding.or(config.e2ee.encoding),
        kdf: e2ee_kdf.or(config.e2ee.kdf),
        output: output.or(config.output.path),
        cwd: env.cwd().clone(),
        layout: layout.or(config.programme.layout).unwrap_or_default(),
        preset: preset.or(config.programme.preset).unwrap_or_default(),
        audio_kbps: config.programme.audio_kbps.unwrap_or_default(),
        key_frame_interval_s: config.programme.key_frame_interval_s.unwrap_or_default(),
        duration: duration.or(config.output.duration),
        wait_for_room: wait_for_room.or(config.server.wait_for_room).unwrap_or_default(),
        poll_interval: config.server.poll_interval.unwrap_or_default(),
        insecure: insecure || config.server.insecure.unwrap_or_default(),
        spool: spool_dir(spool.or(config.spool.dir), env),
    };
    (request, notes)
}

/// The spool's directory: as given, or where state of users or of services is kept.
pub fn spool_dir(given: Option<PathBuf>, env: &Environment) -> PathBuf {
    if let Some(dir) = given {
        return env.cwd().join(dir);
    }
    // A relative XDG_STATE_HOME is to be ignored (XDG Base Directory Specification).
    if let Some(state) = env.get("XDG_STATE_HOME").map(Path::new).filter(|path| path.is_absolute()) {
        return state.join("livetape/spool");
    }
    if env.is_root() {
        return PathBuf::from("/var/lib/livetape/spool");
    }
    env.cwd().join(env.get("HOME").unwrap_or(".")).join(".local/state/livetape/spool")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(notes: &[Mistake]) -> Vec<String> {
        notes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_first_layer_that_has_a_value_wins() {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("mine.toml");
        std::fs::write(
            &config,
            "[server]\nurl = \"wss://file\"\nwait_for_room = \"7s\"\n[programme]\npreset = \"file\"\n",
        )
        .unwrap();
        let env = Environment::made_of(
            &[("LIVEKIT_URL", "wss://env"), ("LIVEKIT_API_KEY", "k")],
            dir.path(),
            false,
        );
        let flags = RecordFlags { config: Some("mine.toml".into()), ..RecordFlags::default() };
        let (request, notes) = gather(flags.clone(), &env);
        assert_eq!(lines(&notes), [""; 0]);
        assert_eq!(request.url.as_deref(), Some("wss://env"));
        assert_eq!(request.wait_for_room, "7s");
        assert_eq!((request.preset.as_str(), request.layout.as_str()), ("file", "grid"));
        assert_eq!((request.audio_kbps, request.poll_interval.as_str()), (192, "500ms"));
        assert_eq!(request.api_key, Given::Present(Secret::new("k")));
        assert_eq!(request.api_secret, Given::Absent);

        let (request, _) = gather(RecordFlags { url: Some("wss://flag".into()), ..flags }, &env);
        assert_eq!(request.url.as_deref(), Some("wss://flag"));
    }

    #[test]
    fn files_that_cannot_be_read_are_told_once() {
        let env = Environment::made_of(&[], "/nonexistent", false);
        let flags = RecordFlags {
            api_key_file: Some("a".into()),
            api_secret_file: Some("b".into()),
            e2ee_key_file: vec!["c".into()],
            config: Some("d".into()),
            ..RecordFlags::default()
        };
        let (request, notes) = gather(flags, &env);
        assert_eq!(lines(&notes).len(), 4, "{notes:?}");
        assert_eq!(request.api_key, Given::Unreadable);
    }

    #[test]
    fn where_the_spool_is() {
        let at =
            |variables: &[(&str, &str)], root| spool_dir(None, &Environment::made_of(variables, "/w", root));
        assert_eq!(at(&[("HOME", "/h")], false), Path::new("/h/.local/state/livetape/spool"));
        assert_eq!(at(&[("HOME", "/root")], true), Path::new("/var/lib/livetape/spool"));
        assert_eq!(at(&[("XDG_STATE_HOME", "/x")], true), Path::new("/x/livetape/spool"));
        assert_eq!(
            at(&[("XDG_STATE_HOME", "x"), ("HOME", "/h")], false),
            Path::new("/h/.local/state/livetape/spool")
        );
        let given = spool_dir(Some("s".into()), &Environment::made_of(&[], "/w", true));
        assert_eq!(given, Path::new("/w/s"));
    }
}
