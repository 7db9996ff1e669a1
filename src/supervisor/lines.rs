//! Lines of a pipe, of bounded length.

use std::io;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

/// No message of the line protocol is longer, whatever names its participants have.
const LIMIT: usize = 1024 * 1024;

/// Reads lines; may be dropped between and asked again without losing a byte (cancel-safe).
#[derive(Debug)]
pub struct Lines<R> {
    reader: BufReader<R>,
    /// The beginning of a line whose end hasn't come yet.
    partial: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    /// Takes the pipe over.
    pub fn new(pipe: R) -> Self {
        Self { reader: BufReader::new(pipe), partial: Vec::new() }
    }

    /// The next line without its end, or `None` at the end of the pipe. An unfinished last line counts: a
    /// writer may have been killed in the middle of one, and its reader decides what that is worth.
    ///
    /// # Errors
    /// The pipe fails, or a line is longer than a mebibyte: nobody who keeps to the protocol writes that.
    pub async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let chunk = self.reader.fill_buf().await?;
            if chunk.is_empty() {
                let rest = std::mem::take(&mut self.partial);
                return Ok((!rest.is_empty()).then_some(rest));
            }
            let end = chunk.iter().position(|&byte| byte == b'\n');
            let part = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or(chunk);
            if self.partial.len().saturating_add(part.len()) > LIMIT {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is longer than a mebibyte"));
            }
            self.partial.extend_from_slice(part);
            let used = part.len() + usize::from(end.is_some());
            self.reader.consume(used);
            if end.is_some() {
                return Ok(Some(std::mem::take(&mut self.partial)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::AsyncWriteExt as _;

    use super::*;

    #[tokio::test]
    async fn lines_and_an_unfinished_last_one() {
        let text: &[u8] = b"one\n\nthree is long\nlast";
        let mut lines = Lines::new(text);
        let mut got = Vec::new();
        while let Some(line) = lines.next().await.unwrap() {
            got.push(String::from_utf8(line).unwrap());
        }
        assert_eq!(got, ["one", "", "three is long", "last"]);
    }

    #[tokio::test]
    async fn a_line_without_end_is_an_error() {
        let mut lines = Lines::new(tokio::io::repeat(b'x'));
        assert_eq!(lines.next().await.unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    #[tokio::test]
    async fn asking_in_vain_loses_nothing() {
        let (mut writer, reader) = tokio::io::duplex(64);
        let mut lines = Lines::new(reader);
        writer.write_all(b"first half, ").await.unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(5), lines.next()).await.is_err());
        writer.write_all(b"second half\n").await.unwrap();
        assert_eq!(lines.next().await.unwrap().unwrap(), b"first half, second half");
    }
}
