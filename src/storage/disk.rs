//! The five things that closing does to a file: a seam at which tests kill it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// A file, or a test's idea of one.
pub(super) trait Disk {
    fn len(&self) -> io::Result<u64>;

    /// Reads up to the end of the buffer or of the file, whichever comes first; says how much.
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize>;

    fn write_at(&mut self, bytes: &[u8], at: u64) -> io::Result<()>;

    fn truncate(&mut self, len: u64) -> io::Result<()>;

    /// Returns once all that was written would survive a power cut.
    fn sync(&mut self) -> io::Result<()>;
}

impl Disk for &File {
    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let mut done = 0usize;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match FileExt::read_at(*self, rest, at.saturating_add(done as u64)) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn write_at(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.write_all_at(bytes, at)
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}
