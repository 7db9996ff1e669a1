//! A disk in memory: it can die after any operation, in the middle of a write, and lose what wasn't synced.

use std::io;

use proptest::test_runner::TestRng;

use crate::storage::disk::Disk;

/// A sector is written whole or not at all.
const SECTOR: usize = 512;

#[derive(Debug, Clone)]
enum Op {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

#[derive(Debug, Clone, Default)]
pub(super) struct MemDisk {
    /// What a process sees.
    pub(super) bytes: Vec<u8>,
    /// What is on the platter for sure.
    synced: Vec<u8>,
    /// What may or may not be there too.
    pending: Vec<Op>,
    /// Operations left before the process is killed.
    budget: Option<usize>,
    /// Of the write that is killed, how many bytes still arrive.
    partial: usize,
    pub(super) operations: usize,
}

impl MemDisk {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { synced: bytes.clone(), bytes, ..Self::default() }
    }

    /// Dies at operation `budget`, of which, if it is a write, `partial` bytes arrive.
    pub(super) fn dying(mut self, budget: usize, partial: usize) -> Self {
        (self.budget, self.partial) = (Some(budget), partial);
        self
    }

    /// The power goes: of what wasn't synced, any sectors may have arrived; a file that grew may hold zeros.
    pub(super) fn after_power_cut(&self, rng: &mut TestRng) -> Self {
        use proptest::prelude::Rng;
        let mut bytes = self.synced.clone();
        for op in &self.pending {
            match op {
                Op::Truncate(len) if rng.next_u32().is_multiple_of(2) => bytes.resize(*len, 0),
                Op::Truncate(_) => {}
                Op::Write(at, data) => {
                    let mut done = 0;
                    while done < data.len() {
                        let from = at + done;
                        let len = (SECTOR - from % SECTOR).min(data.len() - done);
                        if rng.next_u32().is_multiple_of(2) {
                            bytes.resize(bytes.len().max(from + len), 0);
                            bytes[from..from + len].copy_from_slice(&data[done..done + len]);
                        }
                        done += len;
                    }
                }
            }
        }
        Self::new(bytes)
    }

    /// Whether the process may go on.
    fn spend(&mut self) -> bool {
        self.operations += 1;
        match &mut self.budget {
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
            None => true,
        }
    }

    fn killed() -> io::Error {
        io::Error::other("killed")
    }

    fn apply(&mut self, op: Op) {
        match &op {
            Op::Truncate(len) => self.bytes.resize(*len, 0),
            Op::Write(at, data) => {
                self.bytes.resize(self.bytes.len().max(at + data.len()), 0);
                self.bytes[*at..at + data.len()].copy_from_slice(data);
            }
        }
        self.pending.push(op);
    }
}

impl Disk for MemDisk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.bytes.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let from = self.bytes.get(usize::try_from(at).unwrap()..).unwrap_or_default();
        let count = from.len().min(buffer.len());
        buffer[..count].copy_from_slice(&from[..count]);
        Ok(count)
    }

    fn write_at(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        let at = usize::try_from(at).unwrap();
        if self.budget == Some(0) && self.operations < usize::MAX / 2 {
            let arrived = bytes[..self.partial.min(bytes.len())].to_vec();
            if !arrived.is_empty() {
                self.apply(Op::Write(at, arrived));
            }
            // Nothing that the dead process would do next happens.
            self.partial = 0;
        }
        if !self.spend() {
            return Err(Self::killed());
        }
        self.apply(Op::Write(at, bytes.to_vec()));
        Ok(())
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        if !self.spend() {
            return Err(Self::killed());
        }
        self.apply(Op::Truncate(usize::try_from(len).unwrap()));
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        if !self.spend() {
            return Err(Self::killed());
        }
        self.synced = self.bytes.clone();
        self.pending.clear();
        Ok(())
    }
}
