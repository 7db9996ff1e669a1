//! A reader of ordinary MP4 files that accepts nothing it wouldn't have written itself. It shares no code with the
//! writer.

use crate::sample::Track;

/// One sample as a player sees it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shown {
    /// Presentation time in seconds, by the edit list.
    pub(crate) at: f64,
    /// Decoding time in seconds, from the track's first.
    pub(crate) decoded: f64,
    pub(crate) sync: bool,
    pub(crate) description: u32,
    pub(crate) data: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct File {
    pub(crate) video: Vec<Shown>,
    pub(crate) audio: Vec<Shown>,
    pub(crate) duration: f64,
}

impl File {
    pub(crate) fn track(&self, track: Track) -> &[Shown] {
        match track {
            Track::Video => &self.video,
            Track::Audio => &self.audio,
        }
    }
}

fn be(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// Type and content of each box; they must fill `bytes` exactly.
fn boxes(bytes: &[u8]) -> Vec<(String, &[u8])> {
    let (mut found, mut rest) = (Vec::new(), bytes);
    while !rest.is_empty() {
        let (size, header) = match be(&rest[..4]) {
            1 => (be(&rest[8..16]), 16),
            size => (size, 8),
        };
        let size = usize::try_from(size).unwrap();
        assert!(size >= header && size <= rest.len(), "a box of {size} bytes where {} are left", rest.len());
        found.push((String::from_utf8(rest[4..8].to_vec()).unwrap(), &rest[header..size]));
        rest = &rest[size..];
    }
    found
}

fn maybe<'a>(body: &'a [u8], kind: &str) -> Option<&'a [u8]> {
    let all: Vec<_> = boxes(body).into_iter().filter(|(found, _)| found == kind).collect();
    assert!(all.len() <= 1, "{} boxes of type {kind}", all.len());
    all.first().map(|(_, content)| *content)
}

fn only<'a>(body: &'a [u8], path: &[&str]) -> &'a [u8] {
    path.iter().fold(body, |body, kind| maybe(body, kind).unwrap_or_else(|| panic!("no {kind}")))
}

/// Rows of 32-bit words behind a version, flags and a count, filling the box exactly.
fn table(body: &[u8], columns: usize) -> Vec<Vec<u32>> {
    assert_eq!(be(&body[..4]), 0, "version and flags");
    let rows: Vec<Vec<u32>> = body[8..]
        .chunks(columns * 4)
        .map(|row| row.chunks(4).map(|word| u32::try_from(be(word)).unwrap()).collect())
        .collect();
    assert_eq!(rows.len() as u64, be(&body[4..8]));
    assert_eq!(body.len(), 8 + rows.len() * columns * 4);
    rows
}

pub(crate) fn read(file: &[u8]) -> File {
    let top = boxes(file);
    let kinds: Vec<_> = top.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["ftyp", "mdat", "moov"]);
    let media = 48..file.len() - top[2].1.len() - 8;
    let moov = top[2].1;
    assert!(maybe(moov, "mvex").is_none());
    let mvhd = only(moov, &["mvhd"]);
    assert_eq!(mvhd[0], 1);
    let movie_scale = be(&mvhd[20..24]) as f64;
    let movie_duration = be(&mvhd[24..32]);
    let mut found = File { duration: movie_duration as f64 / movie_scale, ..File::default() };
    let mut longest = 0;
    for (_, trak) in boxes(moov).into_iter().filter(|(kind, _)| kind == "trak") {
        let tkhd = only(trak, &["tkhd"]);
        let edits: Vec<_> = edit_list(only(trak, &["edts", "elst"]));
        let shown: u64 = edits.iter().map(|(duration, _)| duration).sum();
        assert_eq!(shown, be(&tkhd[28..36]), "tkhd says what the edits say");
        longest = longest.max(shown);
        let mdhd = only(trak, &["mdia", "mdhd"]);
        let scale = be(&mdhd[20..24]) as f64;
        assert_eq!(be(&mdhd[32..34]), 0x55c4, "language und");
        let stbl = only(trak, &["mdia", "minf", "stbl"]);
        let times = Times { edits, scale, movie_scale, media_duration: be(&mdhd[24..32]) };
        let samples = samples(file, media.clone(), stbl, &times);
        match &only(trak, &["mdia", "hdlr"])[8..12] {
            b"vide" => found.video = samples,
            b"soun" => {
                let (_, sgpd) = (only(stbl, &["sbgp"]), only(stbl, &["sgpd"]));
                assert_eq!(&sgpd[16..18], &[0xff, 0xff], "roll distance -1");
                found.audio = samples;
            }
            other => panic!("handler {other:?}"),
        }
    }
    assert_eq!(longest, movie_duration);
    found
}

struct Times {
    edits: Vec<(u64, i64)>,
    scale: f64,
    movie_scale: f64,
    media_duration: u64,
}

fn edit_list(elst: &[u8]) -> Vec<(u64, i64)> {
    assert_eq!(elst[0], 1);
    let lines: Vec<_> = elst[8..]
        .chunks(20)
        .map(|line| {
            assert_eq!(be(&line[16..20]), 0x0001_0000);
            (be(&line[..8]), be(&line[8..16]).cast_signed())
        })
        .collect();
    assert_eq!(lines.len() as u64, be(&elst[4..8]));
    lines
}

fn samples(file: &[u8], media: std::ops::Range<usize>, stbl: &[u8], times: &Times) -> Vec<Shown> {
    let mut decoded = Vec::new();
    let mut at = 0u64;
    for row in table(only(stbl, &["stts"]), 2) {
        for _ in 0..row[0] {
            decoded.push(at);
            at += u64::from(row[1]);
        }
    }
    assert_eq!(at, times.media_duration, "mdhd says what stts says");
    let compositions: Vec<u64> = match maybe(stbl, "ctts") {
        Some(ctts) => table(ctts, 2).iter().flat_map(|row| (0..row[0]).map(|_| u64::from(row[1]))).collect(),
        None => vec![0; decoded.len()],
    };
    let stsz = only(stbl, &["stsz"]);
    assert_eq!(be(&stsz[4..8]), 0);
    let sizes: Vec<usize> = stsz[12..].chunks(4).map(|size| usize::try_from(be(size)).unwrap()).collect();
    assert_eq!(be(&stsz[8..12]), sizes.len() as u64);
    assert_eq!((compositions.len(), sizes.len()), (decoded.len(), decoded.len()));
    let co64 = only(stbl, &["co64"]);
    let chunks: Vec<usize> = co64[8..].chunks(8).map(|at| usize::try_from(be(at)).unwrap()).collect();
    assert_eq!(chunks.len() as u64, be(&co64[4..8]));
    let syncs: Option<Vec<u32>> =
        maybe(stbl, "stss").map(|stss| table(stss, 1).into_iter().map(|row| row[0]).collect());
    let entries = only(stbl, &["stsd"]);
    let entries = boxes(&entries[8..]).len() as u32;

    let layout = table(only(stbl, &["stsc"]), 3);
    assert!(layout.windows(2).all(|pair| pair[0][0] < pair[1][0] && pair[0][1..] != pair[1][1..]));
    let empty: u64 = times.edits.iter().filter(|(_, media)| *media < 0).map(|(duration, _)| duration).sum();
    let skipped = times.edits.iter().find(|(_, media)| *media >= 0).unwrap().1;
    let mut found = Vec::new();
    for (number, chunk) in chunks.iter().enumerate() {
        let row = &layout[layout.partition_point(|row| row[0] as usize <= number + 1) - 1];
        assert!((1..=entries).contains(&row[2]));
        let mut at = *chunk;
        for _ in 0..row[1] {
            let n = found.len();
            let end = at + sizes[n];
            assert!(at >= media.start && end <= media.end, "sample {n} lies outside of the media");
            let composed = (decoded[n] + compositions[n]).cast_signed() - skipped;
            found.push(Shown {
                at: composed as f64 / times.scale + empty as f64 / times.movie_scale,
                decoded: decoded[n] as f64 / times.scale,
                sync: syncs.as_ref().is_none_or(|syncs| syncs.binary_search(&(n as u32 + 1)).is_ok()),
                description: row[2],
                data: file[at..end].to_vec(),
            });
            at = end;
        }
    }
    assert_eq!(found.len(), decoded.len());
    found
}
