//! Key files, looked at again while a recording runs.

use crate::e2ee::{KeySource, RoomKey, key_material};
use crate::job::{KeyFile, Plan};

use super::secret_file;

/// The key files of a plan, and what was in them.
#[derive(Debug)]
pub struct KeyFiles {
    files: Vec<Watched>,
}

#[derive(Debug)]
struct Watched {
    file: KeyFile,
    last: Option<RoomKey>,
    /// What was wrong with it at the last look, and whether that was told.
    wrong: Option<(String, bool)>,
}

impl KeyFiles {
    /// Those of this plan, whose keys were read already.
    pub fn of(plan: &Plan) -> Self {
        let watched = |file: &KeyFile| {
            let last = plan.keys.iter().find(|key| key.index == file.index && key.identity == file.identity);
            Watched { file: file.clone(), last: last.cloned(), wrong: None }
        };
        Self { files: plan.key_files.iter().map(watched).collect() }
    }
}

impl KeySource for KeyFiles {
    fn look(&mut self) -> Vec<RoomKey> {
        self.files.iter_mut().filter_map(Watched::look).collect()
    }
}

impl Watched {
    /// The key, when it isn't the one of the last look. What can't be read changes nothing.
    fn look(&mut self) -> Option<RoomKey> {
        // A pipe gives its key once, and opening it again would wait for ever.
        match self.file.path.metadata() {
            Ok(metadata) if metadata.is_file() => {}
            // Not there yet, or being replaced.
            Ok(_) | Err(_) => return None,
        }
        match self.read() {
            Ok(key) => {
                self.wrong = None;
                let key = Some(key).filter(|key| self.last.as_ref() != Some(key))?;
                tracing::info!(key.index = key.index, path = %self.file.path.display(), "a key file has a new key");
                self.last = Some(key.clone());
                Some(key)
            }
            Err(error) => {
                self.note(error);
                None
            }
        }
    }

    fn read(&self) -> Result<RoomKey, String> {
        let text = secret_file::read(&self.file.path, "").map_err(|mistake| mistake.text)?;
        let material = key_material(&text, self.file.encoding, self.file.kdf).map_err(|e| e.to_string())?;
        Ok(RoomKey { identity: self.file.identity.clone(), index: self.file.index, material })
    }

    /// A file may be empty for the instant in which it is written: what is wrong is told when it lasts, and once.
    fn note(&mut self, error: String) {
        match &mut self.wrong {
            Some((text, told)) if *text == error => {
                if !std::mem::replace(told, true) {
                    tracing::warn!(path = %self.file.path.display(), error, "a key file is wrong; the key before stays");
                }
            }
            other => *other = Some((error, false)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;
    use crate::e2ee::{Kdf, KeyEncoding, KeyMaterial};

    fn watched(path: PathBuf, index: u8) -> Watched {
        let file = KeyFile { path, identity: None, index, encoding: KeyEncoding::Utf8, kdf: Kdf::Pbkdf2 };
        Watched { file, last: None, wrong: None }
    }

    fn key(index: u8, text: &str) -> RoomKey {
        let material = KeyMaterial { bytes: text.into(), kdf: Kdf::Pbkdf2 };
        RoomKey { identity: None, index, material }
    }

    #[test]
    fn what_is_new_is_given_once_and_what_is_wrong_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (zero, one) = (dir.path().join("0"), dir.path().join("1"));
        let mut files = KeyFiles { files: vec![watched(zero.clone(), 0), watched(one.clone(), 1)] };
        assert_eq!(files.look(), []);
        fs::write(&zero, "a\n").unwrap();
        assert_eq!(files.look(), [key(0, "a")]);
        assert_eq!(files.look(), []);
        fs::write(&zero, "").unwrap();
        fs::write(&one, b"\xff").unwrap();
        assert_eq!((files.look(), files.look()), (vec![], vec![]));
        assert!(files.files.iter().all(|file| matches!(file.wrong, Some((_, true)))));
        fs::write(&zero, "b").unwrap();
        fs::write(&one, "c").unwrap();
        assert_eq!(files.look(), [key(0, "b"), key(1, "c")]);
        fs::remove_file(&zero).unwrap();
        assert_eq!(files.look(), []);
    }

    #[test]
    fn a_pipe_is_never_opened_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        // Opening it would wait for a writer for ever.
        assert_eq!(KeyFiles { files: vec![watched(path, 0)] }.look(), []);
    }
}
