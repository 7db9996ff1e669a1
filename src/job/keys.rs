//! The keys of an order: what was given, and what it comes to.

use std::path::PathBuf;

use zeroize::Zeroizing;

use super::{Given, Mistake};
use crate::e2ee::{Kdf, KeyEncoding, RoomKey, key_material};

/// A key as it was given. [`Given::Absent`]: its file isn't there yet, and may come later.
#[derive(Debug, Clone)]
pub struct GivenKey {
    /// The option that gave it, for mistakes in it.
    pub about: String,
    /// Whose frames it opens; `None`: everyone's.
    pub identity: Option<String>,
    /// The index that frames name it by.
    pub index: u8,
    /// Its text, one trailing newline gone where it came from a file.
    pub text: Given<Vec<u8>>,
    /// The file that it came from, or will come from.
    pub file: Option<PathBuf>,
}

/// Where a key is looked for anew while the recording runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    /// The file.
    pub path: PathBuf,
    /// Whose frames its key opens; `None`: everyone's.
    pub identity: Option<String>,
    /// The index that frames name it by.
    pub index: u8,
    /// How its text stands for bytes.
    pub encoding: KeyEncoding,
    /// How frame keys are derived of it.
    pub kdf: Kdf,
}

/// Checks keys; gives those that are there, and the files to look at again. `None` has its notes, here or where a
/// key was read.
pub(super) fn check(
    given: Vec<GivenKey>,
    encoding: Option<&str>,
    kdf: Option<&str>,
    notes: &mut Vec<Mistake>,
) -> Option<(Vec<RoomKey>, Vec<KeyFile>)> {
    let before = notes.len();
    let named = encoding.is_some() || kdf.is_some();
    if named && given.is_empty() {
        notes
            .push(Mistake::new("--e2ee-key-file", "no key; say --e2ee-key-file FILE or --e2ee-key-env NAME"));
    }
    let mut keep = |about: &str, text: String| notes.push(Mistake::new(about, text));
    let encoding =
        KeyEncoding::parse(encoding.unwrap_or("utf8")).map_err(|text| keep("--e2ee-key-encoding", text)).ok();
    let kdf = match kdf {
        None => Some(None),
        Some(text) => Kdf::parse(text).map_err(|text| keep("--e2ee-kdf", text)).ok().map(Some),
    };
    let (encoding, kdf) = (encoding?, kdf?);
    // The derivation may be missing then, but texts can be checked all the same.
    let chosen = kdf.or(encoding.default_kdf());
    if chosen.is_none() && !given.is_empty() {
        let text = "must be given with base64 or hex, for SDKs differ on raw bytes: pbkdf2 or hkdf";
        keep("--e2ee-kdf", text.to_owned());
    }
    let kdf = chosen.unwrap_or(Kdf::Pbkdf2);
    let (mut keys, mut files, mut unreadable) = (Vec::new(), Vec::new(), false);
    let mut places = Vec::new();
    for GivenKey { about, identity, index, text, file } in given {
        let place = (identity.clone(), index);
        if places.contains(&place) {
            keep(&about, format!("there is another key with index {index} already"));
        }
        places.push(place);
        match text {
            Given::Present(text) => match key_material(&Zeroizing::new(text), encoding, kdf) {
                Ok(material) => keys.push(RoomKey { identity: identity.clone(), index, material }),
                Err(error) => keep(&about, error.to_string()),
            },
            Given::Unreadable => unreadable = true,
            Given::Absent => {}
        }
        files.extend(file.map(|path| KeyFile { path, identity, index, encoding, kdf }));
    }
    (notes.len() == before && !unreadable).then_some((keys, files))
}
