//! WebSocket, as far as a relay needs it to say something between two messages of a server (RFC 6455, 5.2).

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// The longest frame that is relayed: a server that sends more has lost its way.
const MAX_FRAME: u64 = 64 << 20;
/// The longest head of an HTTP answer.
const MAX_HEAD: usize = 64 << 10;

/// The way to a client, where it may be spoken between two messages.
#[derive(Debug, Clone)]
pub(super) struct ToClient {
    stream: Arc<Mutex<TcpStream>>,
}

impl ToClient {
    /// The way by this connection.
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream: Arc::new(Mutex::new(stream)) }
    }

    /// Passes on what the server says until it ends; calls `opened` once it is a WebSocket.
    ///
    /// # Errors
    /// When a connection breaks, or what comes is no WebSocket though it was agreed on.
    pub(super) fn pass_on(&self, mut server: TcpStream, opened: impl FnOnce()) -> io::Result<()> {
        let head = read_head(&mut server)?;
        self.lock().write_all(&head)?;
        if !head.starts_with(b"HTTP/1.1 101") {
            let mut client = self.lock().try_clone()?;
            io::copy(&mut server, &mut client)?;
            return client.shutdown(Shutdown::Write);
        }
        opened();
        loop {
            let (mut last, frame) = read_frame(&mut server)?;
            let mut client = self.lock();
            client.write_all(&frame)?;
            // A message in several frames stays in one piece.
            while !last {
                let (fin, frame) = read_frame(&mut server)?;
                client.write_all(&frame)?;
                last = fin;
            }
        }
    }

    /// Says a binary message as if the server had.
    ///
    /// # Errors
    /// When the client is gone.
    pub(super) fn say(&self, message: &[u8]) -> io::Result<()> {
        self.lock().write_all(&binary(message))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, TcpStream> {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The head of an HTTP answer, up to the empty line.
fn read_head(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= MAX_HEAD || from.read(&mut byte)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        head.push(byte[0]);
    }
    Ok(head)
}

/// A whole frame of a server, and whether a message ends with it.
fn read_frame(from: &mut impl Read) -> io::Result<(bool, Vec<u8>)> {
    let mut frame = vec![0; 2];
    from.read_exact(&mut frame)?;
    let (fin, short) = (frame[0] & 0x80 != 0, u64::from(frame[1] & 0x7f));
    let extended = match short {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let mut length = [0; 8];
    from.read_exact(&mut length[8 - extended..])?;
    frame.extend_from_slice(&length[8 - extended..]);
    let length = if extended == 0 { short } else { u64::from_be_bytes(length) };
    if length > MAX_FRAME {
        return Err(io::ErrorKind::InvalidData.into());
    }
    if from.take(length).read_to_end(&mut frame)? as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok((fin, frame))
}

/// One binary message in one frame.
fn binary(message: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x82];
    match u16::try_from(message.len()) {
        Ok(length @ 0..126) => frame.push(length as u8),
        Ok(length) => {
            frame.push(126);
            frame.extend(length.to_be_bytes());
        }
        Err(_) => {
            frame.push(127);
            frame.extend((message.len() as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(message);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_every_length_are_told_apart() {
        let lengths = [0, 1, 125, 126, 65_535, 65_536];
        let bytes: Vec<u8> = lengths.iter().flat_map(|&length| binary(&vec![7; length])).collect();
        let mut rest = bytes.as_slice();
        for length in lengths {
            let (fin, frame) = read_frame(&mut rest).unwrap();
            assert!(
                fin && frame.ends_with(&vec![7; length]) && frame == binary(&vec![7; length]),
                "{length}"
            );
        }
        assert!(rest.is_empty() && read_frame(&mut rest).is_err());
        assert!(!read_frame(&mut &[0x02, 0][..]).unwrap().0, "more follows");
        assert!(read_frame(&mut &[0x82, 127, 255, 0, 0, 0, 0, 0, 0, 0][..]).is_err(), "too long");
    }

    #[test]
    fn a_head_ends_at_the_empty_line() {
        let mut answer = &b"HTTP/1.1 101 Switching Protocols\r\nA: b\r\n\r\n\x82\x00"[..];
        assert!(read_head(&mut answer).unwrap().ends_with(b"b\r\n\r\n"));
        assert_eq!(answer, [0x82, 0]);
        assert!(read_head(&mut &b"HTTP/1.1 101\r\n"[..]).is_err());
    }
}
