//! CRC-32C (Castagnoli, RFC 3720 appendix B.4): tells a whole fragment from one whose blocks never reached the disk.

/// A checksum in the making.
#[derive(Debug, Clone, Copy)]
pub struct Crc32c(u32);

/// Eight tables, so that eight bytes are folded at a time.
static TABLES: [[u32; 256]; 8] = tables();

const fn tables() -> [[u32; 256]; 8] {
    let mut all = [[0u32; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 };
            bit += 1;
        }
        all[0][byte] = crc;
        byte += 1;
    }
    let mut table = 1;
    while table < 8 {
        let mut byte = 0;
        while byte < 256 {
            let before = all[table - 1][byte];
            all[table][byte] = (before >> 8) ^ all[0][(before & 0xff) as usize];
            byte += 1;
        }
        table += 1;
    }
    all
}

impl Default for Crc32c {
    fn default() -> Self {
        Self(!0)
    }
}

impl Crc32c {
    /// The checksum of one byte string.
    pub fn of(bytes: &[u8]) -> u32 {
        let mut crc = Self::default();
        crc.update(bytes);
        crc.value()
    }

    /// Takes the next bytes in.
    pub fn update(&mut self, bytes: &[u8]) {
        let mut crc = self.0;
        let (words, rest) = bytes.as_chunks::<8>();
        for &[a, b, c, d, e, f, g, h] in words {
            let [i, j, k, l] = crc.to_le_bytes();
            let [t0, t1, t2, t3, t4, t5, t6, t7] = &TABLES;
            crc = t7[usize::from(a ^ i)]
                ^ t6[usize::from(b ^ j)]
                ^ t5[usize::from(c ^ k)]
                ^ t4[usize::from(d ^ l)]
                ^ t3[usize::from(e)]
                ^ t2[usize::from(f)]
                ^ t1[usize::from(g)]
                ^ t0[usize::from(h)];
        }
        for &byte in rest {
            let [low, ..] = crc.to_le_bytes();
            crc = (crc >> 8) ^ TABLES[0][usize::from(low ^ byte)];
        }
        self.0 = crc;
    }

    /// The checksum of all that was taken in.
    pub fn value(self) -> u32 {
        !self.0
    }
}
