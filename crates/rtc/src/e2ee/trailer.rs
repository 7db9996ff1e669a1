//! LiveKit's packet trailers: a publisher may append its own time stamp, frame id or data to video
//! frames, after encryption. They come off first. Neither encrypted nor authenticated.

/// `trailer = TLV* || (len ^ ff) || "LKTS"`, `TLV = (tag ^ ff) || (len ^ ff) || (value ^ ff)*`.
const MAGIC: &[u8; 4] = b"LKTS";

/// What a publisher appended to a frame.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PacketTrailer {
    /// Time of the publisher's choice, microseconds.
    pub user_timestamp_us: Option<u64>,
    /// Number of the publisher's choice.
    pub frame_id: Option<u32>,
    /// Bytes of the publisher's choice.
    pub user_data: Option<Vec<u8>>,
}

/// Splits a frame from its trailer. A frame without a valid one comes back whole.
pub fn split_trailer(frame: &[u8]) -> (&[u8], Option<PacketTrailer>) {
    match parse(frame) {
        Some((body, trailer)) => (body, Some(trailer)),
        None => (frame, None),
    }
}

/// Nearly no frame has one: that must be told at once.
#[inline]
fn parse(frame: &[u8]) -> Option<(&[u8], PacketTrailer)> {
    parse_before(frame, frame.strip_suffix(MAGIC)?)
}

#[cold]
fn parse_before<'a>(frame: &'a [u8], before_magic: &[u8]) -> Option<(&'a [u8], PacketTrailer)> {
    let (len, _) = before_magic.split_last()?;
    let len = usize::from(len ^ 0xff);
    let at = frame.len().checked_sub(len)?;
    let mut fields = frame.get(at..frame.len().checked_sub(MAGIC.len() + 1)?)?;
    let mut trailer = PacketTrailer::default();
    let mut known = false;
    while let [tag, len, rest @ ..] = fields {
        let Some((value, next)) = rest.split_at_checked(usize::from(len ^ 0xff)) else { break };
        let plain: Vec<u8> = value.iter().map(|byte| byte ^ 0xff).collect();
        match tag ^ 0xff {
            1 => {
                if let Ok(bytes) = <[u8; 8]>::try_from(plain.as_slice()) {
                    trailer.user_timestamp_us = Some(u64::from_be_bytes(bytes));
                    known = true;
                }
            }
            2 => {
                if let Ok(bytes) = <[u8; 4]>::try_from(plain.as_slice()) {
                    trailer.frame_id = Some(u32::from_be_bytes(bytes));
                    known = true;
                }
            }
            3 => {
                trailer.user_data = Some(plain);
                known = true;
            }
            _ => {}
        }
        fields = next;
    }
    known.then_some((frame.get(..at)?, trailer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_trailer(frame: &[u8], fields: &[(u8, &[u8])]) -> Vec<u8> {
        let mut out = frame.to_vec();
        for (tag, value) in fields {
            out.extend([tag ^ 0xff, (value.len() as u8) ^ 0xff]);
            out.extend(value.iter().map(|b| b ^ 0xff));
        }
        let len = out.len() - frame.len() + 5;
        out.push((len as u8) ^ 0xff);
        out.extend(MAGIC);
        out
    }

    #[test]
    fn fields_are_read_and_unknown_ones_skipped() {
        let stamped = with_trailer(
            b"frame",
            &[(9, b"??"), (1, &7u64.to_be_bytes()), (2, &8u32.to_be_bytes()), (3, b"x")],
        );
        let expected =
            PacketTrailer { user_timestamp_us: Some(7), frame_id: Some(8), user_data: Some(b"x".to_vec()) };
        assert_eq!(split_trailer(&stamped), (&b"frame"[..], Some(expected)));
    }

    #[test]
    fn what_is_no_trailer_stays_in_the_frame() {
        let nothing_known = with_trailer(b"frame", &[(9, b"??")]);
        let no_fields = with_trailer(b"frame", &[]);
        let mut too_long = with_trailer(b"", &[(3, b"x")]);
        let at = too_long.len() - 5;
        too_long[at] = 0; // claims 255 bytes
        let mut too_short = too_long.clone();
        too_short[at] = 4 ^ 0xff; // less than its own fixed part
        for frame in [nothing_known, no_fields, too_long, too_short, b"LKTS".to_vec(), Vec::new()] {
            assert_eq!(split_trailer(&frame), (&frame[..], None));
        }
    }
}
