//! Small files with secrets.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

use crate::e2ee::without_newline;
use crate::job::Mistake;

/// No key or credential is longer; whoever names a video by mistake is told at once.
const LIMIT: u64 = 64 * 1024;

/// Reads a secret and drops one trailing newline. Pipes work too (`<(pass show …)`).
///
/// # Errors
/// The file can't be read, or is longer than 64 KiB.
pub fn read(path: &Path, about: &str) -> Result<Zeroizing<Vec<u8>>, Mistake> {
    let wrong = |why: &str| Mistake::new(about, format!("can't read {}: {why}", path.display()));
    let file = File::open(path).map_err(|error| wrong(&plain(&error)))?;
    let mut text = Zeroizing::new(Vec::new());
    file.take(LIMIT + 1).read_to_end(&mut text).map_err(|error| wrong(&plain(&error)))?;
    if text.len() as u64 > LIMIT {
        return Err(wrong("it is longer than 64 KiB"));
    }
    Ok(Zeroizing::new(without_newline(&text).to_vec()))
}

/// An error of the system without its number.
fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_newline_goes_and_errors_are_plain() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        std::fs::write(&path, "pass \n").unwrap();
        assert_eq!(read(&path, "--x").unwrap().as_slice(), b"pass ");
        let missing = read(&dir.path().join("none"), "--x").unwrap_err().to_string();
        assert!(
            missing.starts_with("--x: can't read ") && missing.ends_with("none: No such file or directory")
        );
        std::fs::write(&path, vec![b'x'; 65 * 1024]).unwrap();
        assert!(read(&path, "--x").unwrap_err().to_string().ends_with("longer than 64 KiB"));
        assert!(read(dir.path(), "--x").unwrap_err().to_string().ends_with("Is a directory"));
    }
}
