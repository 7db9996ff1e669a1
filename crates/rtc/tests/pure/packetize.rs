//! A sender's half of RFC 7798, as small as it can be.

const AGGREGATE: u8 = 48;
const FRAGMENT: u8 = 49;

/// Payloads of at most `most` bytes for an H.265 frame with four-byte start codes: what fits goes together, what doesn't is
/// cut.
pub fn h265(frame: &[u8], most: usize) -> Vec<Vec<u8>> {
    let (mut payloads, mut together) = (Vec::new(), Vec::new());
    for unit in units(frame) {
        if size(&together) + 2 + unit.len() > most {
            payloads.extend(aggregate(&std::mem::take(&mut together)));
        }
        if unit.len() > most {
            payloads.extend(fragments(unit, most));
        } else {
            together.push(unit);
        }
    }
    payloads.extend(aggregate(&together));
    payloads
}

/// What lies between start codes.
fn units(frame: &[u8]) -> Vec<&[u8]> {
    const CODE: [u8; 4] = [0, 0, 0, 1];
    let starts: Vec<usize> = (0..frame.len()).filter(|&at| frame[at..].starts_with(&CODE)).collect();
    let ends = starts.iter().skip(1).copied().chain([frame.len()]);
    starts.iter().zip(ends).map(|(from, to)| &frame[from + CODE.len()..to]).collect()
}

fn size(units: &[&[u8]]) -> usize {
    2 + units.iter().map(|unit| 2 + unit.len()).sum::<usize>()
}

/// The header of a unit with another type.
fn header(unit: &[u8], kind: u8) -> [u8; 2] {
    [unit[0] & 0x81 | kind << 1, unit[1]]
}

fn aggregate(units: &[&[u8]]) -> Option<Vec<u8>> {
    let first = *units.first()?;
    if units.len() == 1 {
        return Some(first.to_vec());
    }
    let mut payload = header(first, AGGREGATE).to_vec();
    for unit in units {
        payload.extend(u16::try_from(unit.len()).unwrap().to_be_bytes());
        payload.extend(*unit);
    }
    Some(payload)
}

fn fragments(unit: &[u8], most: usize) -> Vec<Vec<u8>> {
    let kind = unit[0] >> 1 & 0x3f;
    let pieces: Vec<&[u8]> = unit[2..].chunks(most - 3).collect();
    let fragment = |(i, piece): (usize, &&[u8])| {
        let (begins, ends) = (u8::from(i == 0) << 7, u8::from(i + 1 == pieces.len()) << 6);
        [&header(unit, FRAGMENT)[..], &[begins | ends | kind], piece].concat()
    };
    pieces.iter().enumerate().map(fragment).collect()
}
