//! The room's keys: which files and variables they are read from.

use std::path::{Path, PathBuf};

use super::record::{E2ee, KeyEntry};
use super::{Environment, secret_file};
use crate::job::{Given, GivenKey, Mistake};

const OPTION: &str = "--e2ee-key-file";

/// What the command line says of keys.
#[derive(Debug, Default)]
pub(super) struct KeyFlags {
    pub(super) files: Vec<PathBuf>,
    pub(super) variable: Option<String>,
    pub(super) late: bool,
}

/// Reads the keys that the command line names, or else those of the configuration.
pub(super) fn gather(
    flags: KeyFlags,
    config: &E2ee,
    env: &Environment,
    notes: &mut Vec<Mistake>,
) -> Vec<GivenKey> {
    let KeyFlags { files, variable, late } = flags;
    if let Some(name) = variable {
        if !files.is_empty() {
            notes.push(Mistake::new("--e2ee-key-env", "can't be given together with --e2ee-key-file"));
        }
        return vec![from_variable(&name, env, notes)];
    }
    let places = if files.is_empty() {
        KeyPlace::configured(config)
    } else {
        let named = files.into_iter().map(KeyPlace::parse);
        named.filter_map(|place| place.map_err(|mistake| notes.push(mistake)).ok()).collect()
    };
    if late && places.is_empty() {
        notes.push(Mistake::new("--e2ee-key-late", "no key file to wait for; say --e2ee-key-file FILE"));
    }
    let late = late || config.late.unwrap_or_default();
    places.into_iter().map(|place| place.read(late, env, notes)).collect()
}

/// A key's place, and the file that it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
struct KeyPlace {
    identity: Option<String>,
    index: u8,
    file: PathBuf,
}

impl KeyPlace {
    fn configured(config: &E2ee) -> Vec<Self> {
        let first = config.key_file.iter().map(|file| Self { identity: None, index: 0, file: file.clone() });
        let further = config.keys.iter().flatten().map(|entry| {
            let KeyEntry { identity, index, file } = entry.clone();
            Self { identity, index, file }
        });
        first.chain(further).collect()
    }

    /// `FILE`, or `INDEX=FILE`: what stands before the first `=` is an index when it is all digits.
    fn parse(given: PathBuf) -> Result<Self, Mistake> {
        let split = given.to_str().and_then(|text| text.split_once('='));
        let numbered =
            split.filter(|(index, _)| !index.is_empty() && index.bytes().all(|digit| digit.is_ascii_digit()));
        let (index, file) = match numbered {
            None => (0, given),
            Some((index, file)) => match index.parse() {
                Ok(index) => (index, PathBuf::from(file)),
                Err(_) => return Err(Mistake::new(OPTION, format!("index {index} isn't between 0 and 255"))),
            },
        };
        Ok(Self { identity: None, index, file })
    }

    /// The option, and which of its keys.
    fn about(&self) -> String {
        match (&self.identity, self.index) {
            (None, 0) => OPTION.to_owned(),
            (None, index) => format!("{OPTION} (index {index})"),
            (Some(identity), index) => {
                format!("{OPTION} (index {index} of {})", crate::job::sanitise(identity))
            }
        }
    }

    fn read(self, late: bool, env: &Environment, notes: &mut Vec<Mistake>) -> GivenKey {
        let (about, path) = (self.about(), env.cwd().join(&self.file));
        let text = if late && comes_later(&path) {
            Given::Absent
        } else {
            match secret_file::read(&path, &about) {
                Ok(text) => Given::Present(text.to_vec()),
                Err(mistake) => {
                    notes.push(mistake);
                    Given::Unreadable
                }
            }
        };
        GivenKey { about, identity: self.identity, index: self.index, text, file: Some(path) }
    }
}

/// A key from a variable: set and empty is an empty key, which is told as such later.
fn from_variable(name: &str, env: &Environment, notes: &mut Vec<Mistake>) -> GivenKey {
    let about = "--e2ee-key-env".to_owned();
    let text = if env.is_set(name) {
        Given::Present(env.get(name).unwrap_or_default().as_bytes().to_vec())
    } else {
        notes.push(Mistake::new(&about, format!("the variable {name} isn't set")));
        Given::Unreadable
    };
    GivenKey { about, identity: None, index: 0, text, file: None }
}

/// Whether a file isn't there, and its directory is: a path misspelt before its last part never gets a key.
fn comes_later(path: &Path) -> bool {
    path.try_exists().is_ok_and(|there| !there) && path.parent().is_some_and(Path::is_dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(notes: &[Mistake]) -> Vec<String> {
        notes.iter().map(ToString::to_string).collect()
    }

    fn asked(flags: KeyFlags, config: &E2ee, env: &Environment) -> (Vec<GivenKey>, Vec<String>) {
        let mut notes = vec![];
        let keys = gather(flags, config, env, &mut notes);
        (keys, lines(&notes))
    }

    fn files(files: &[&str]) -> KeyFlags {
        KeyFlags { files: files.iter().map(PathBuf::from).collect(), ..KeyFlags::default() }
    }

    #[test]
    fn an_index_is_digits_before_the_first_equals_sign() {
        for (given, index, file) in [
            ("key", 0, "key"),
            ("1=key", 1, "key"),
            ("255=/a=b", 255, "/a=b"),
            ("./1=key", 0, "./1=key"),
            ("ann=key", 0, "ann=key"),
            ("=key", 0, "=key"),
            ("-1=key", 0, "-1=key"),
        ] {
            let place = KeyPlace { identity: None, index, file: file.into() };
            assert_eq!(KeyPlace::parse(given.into()), Ok(place), "{given}");
        }
        let mistake = KeyPlace::parse("256=key".into()).unwrap_err().to_string();
        assert_eq!(mistake, "--e2ee-key-file: index 256 isn't between 0 and 255");
    }

    #[test]
    fn keys_come_from_files_or_a_variable() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("key"), "pass\n").unwrap();
        let env = Environment::made_of(&[("ROOM_KEY", "pass\n"), ("EMPTY", "")], dir.path(), false);
        let none = E2ee::default();
        let first = |flags: KeyFlags| {
            let (mut keys, notes) = asked(flags, &none, &env);
            (keys.remove(0).text, notes)
        };
        let named = |name: &str| KeyFlags { variable: Some(name.into()), ..KeyFlags::default() };
        assert_eq!(first(files(&["key"])), (Given::Present(b"pass".to_vec()), vec![]));
        assert_eq!(first(named("ROOM_KEY")), (Given::Present(b"pass\n".to_vec()), vec![]));
        assert_eq!(first(named("EMPTY")), (Given::Present(vec![]), vec![]));
        let not_set = "--e2ee-key-env: the variable NONE isn't set".to_owned();
        assert_eq!(first(named("NONE")), (Given::Unreadable, vec![not_set]));
        let both = KeyFlags { files: vec!["key".into()], ..named("ROOM_KEY") };
        assert_eq!(first(both).1, ["--e2ee-key-env: can't be given together with --e2ee-key-file"]);

        let entry = KeyEntry { identity: Some("ann".into()), index: 3, file: "key".into() };
        let config = E2ee { key_file: Some("key".into()), keys: Some(vec![entry]), ..E2ee::default() };
        let (keys, notes) = asked(KeyFlags::default(), &config, &env);
        let places: Vec<_> = keys.iter().map(|key| (key.identity.as_deref(), key.index)).collect();
        assert_eq!((places, notes), (vec![(None, 0), (Some("ann"), 3)], vec![]));
        assert_eq!(keys[1].about, "--e2ee-key-file (index 3 of ann)");
        // The command line takes the place of all of them.
        assert_eq!(asked(files(&["7=key"]), &config, &env).0.len(), 1);
        assert_eq!(asked(named("ROOM_KEY"), &config, &env).0.len(), 1);
    }

    #[test]
    fn a_file_may_come_later_only_when_that_is_said_and_its_directory_is_there() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("key"), "pass").unwrap();
        let env = Environment::made_of(&[], dir.path(), false);
        let none = E2ee::default();
        let given = ["key", "1=none", "2=no/such", "3=/"];
        let (keys, notes) = asked(files(&given), &none, &env);
        assert_eq!((keys.len(), notes.len()), (4, 3), "{notes:?}");
        assert!(notes[0].starts_with("--e2ee-key-file (index 1): can't read "), "{notes:?}");
        let (keys, notes) = asked(KeyFlags { late: true, ..files(&given) }, &none, &env);
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert_eq!(keys[1].text, Given::Absent);
        let (_, notes) = asked(KeyFlags { late: true, ..KeyFlags::default() }, &none, &env);
        assert_eq!(notes, ["--e2ee-key-late: no key file to wait for; say --e2ee-key-file FILE"]);
    }
}
