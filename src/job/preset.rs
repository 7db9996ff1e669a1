//! The presets of the Egress API, by their names there and by ours.

use livekit_protocol::EncodingOptionsPreset as Wire;

use super::Encoding;

/// How a recording is encoded, named as in LiveKit's Egress API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// 1280×720 at 30 fps, 3000 kbit/s.
    H264_720p30,
    /// 1280×720 at 60 fps, 4500 kbit/s.
    H264_720p60,
    /// 1920×1080 at 30 fps, 4500 kbit/s.
    H264_1080p30,
    /// 1920×1080 at 60 fps, 6000 kbit/s.
    H264_1080p60,
    /// 720×1280 at 30 fps, 3000 kbit/s.
    Portrait720p30,
    /// 720×1280 at 60 fps, 4500 kbit/s.
    Portrait720p60,
    /// 1080×1920 at 30 fps, 4500 kbit/s.
    Portrait1080p30,
    /// 1080×1920 at 60 fps, 6000 kbit/s.
    Portrait1080p60,
}

/// One row of the table: name here, name and number there, pixels, frames per second, kbit/s.
struct Row {
    preset: Preset,
    name: &'static str,
    wire: Wire,
    width: u32,
    height: u32,
    fps: u32,
    video_kbps: u32,
}

#[rustfmt::skip]
const TABLE: [Row; 8] = [
    Row { preset: Preset::H264_720p30,     name: "h264-720p30",           wire: Wire::H264720p30,         width: 1280, height: 720,  fps: 30, video_kbps: 3000 },
    Row { preset: Preset::H264_720p60,     name: "h264-720p60",           wire: Wire::H264720p60,         width: 1280, height: 720,  fps: 60, video_kbps: 4500 },
    Row { preset: Preset::H264_1080p30,    name: "h264-1080p30",          wire: Wire::H2641080p30,        width: 1920, height: 1080, fps: 30, video_kbps: 4500 },
    Row { preset: Preset::H264_1080p60,    name: "h264-1080p60",          wire: Wire::H2641080p60,        width: 1920, height: 1080, fps: 60, video_kbps: 6000 },
    Row { preset: Preset::Portrait720p30,  name: "portrait-h264-720p30",  wire: Wire::PortraitH264720p30, width: 720,  height: 1280, fps: 30, video_kbps: 3000 },
    Row { preset: Preset::Portrait720p60,  name: "portrait-h264-720p60",  wire: Wire::PortraitH264720p60, width: 720,  height: 1280, fps: 60, video_kbps: 4500 },
    Row { preset: Preset::Portrait1080p30, name: "portrait-h264-1080p30", wire: Wire::PortraitH2641080p30, width: 1080, height: 1920, fps: 30, video_kbps: 4500 },
    Row { preset: Preset::Portrait1080p60, name: "portrait-h264-1080p60", wire: Wire::PortraitH2641080p60, width: 1080, height: 1920, fps: 60, video_kbps: 6000 },
];

impl Preset {
    /// Finds a preset by either spelling, in any case: `h264-720p30` or `H264_720P_30`.
    ///
    /// # Errors
    /// One line with the names there are.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wanted = squeeze(text);
        if let Some(row) =
            TABLE.iter().find(|row| squeeze(row.name) == wanted || squeeze(row.wire.as_str_name()) == wanted)
        {
            return Ok(row.preset);
        }
        if wanted == "passthrough" {
            return Err("`passthrough` keeps one track as it is; a room needs an encoder".to_owned());
        }
        let names: Vec<_> = TABLE.iter().map(|row| row.name).collect();
        Err(format!("unknown preset `{text}`; there are {}", names.join(", ")))
    }

    fn row(self) -> &'static Row {
        let [first, rest @ ..] = &TABLE;
        // Every variant has its row (tested); the first one is the Egress default anyway.
        rest.iter().find(|row| row.preset == self).unwrap_or(first)
    }

    /// Our name.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The Egress API's value.
    pub fn wire(self) -> Wire {
        self.row().wire
    }

    /// Canvas, cadence and bit rates, with what the preset leaves open.
    ///
    /// `audio_kbps` in kbit/s, `key_frame_interval_s` in seconds.
    pub fn encoding(self, audio_kbps: u32, key_frame_interval_s: u32) -> Encoding {
        let &Row { width, height, fps, video_kbps, .. } = self.row();
        Encoding { width, height, fps, video_kbps, audio_kbps, key_frame_interval_s }
    }
}

/// What both spellings have in common: letters and digits, small.
fn squeeze(text: &str) -> String {
    text.chars().filter(|c| *c != '-' && *c != '_').map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_in_any_case() {
        for text in ["h264-720p30", "H264_720P_30", "h264_720p_30", "H264-720P30"] {
            assert_eq!(Preset::parse(text), Ok(Preset::H264_720p30), "{text}");
        }
        for text in ["PORTRAIT_H264_1080P_60", "portrait-h264-1080p60"] {
            assert_eq!(Preset::parse(text), Ok(Preset::Portrait1080p60), "{text}");
        }
    }

    #[test]
    fn the_whole_table_of_the_egress_api() {
        let expected = [
            ("H264_720P_30", 1280, 720, 30, 3000),
            ("H264_720P_60", 1280, 720, 60, 4500),
            ("H264_1080P_30", 1920, 1080, 30, 4500),
            ("H264_1080P_60", 1920, 1080, 60, 6000),
            ("PORTRAIT_H264_720P_30", 720, 1280, 30, 3000),
            ("PORTRAIT_H264_720P_60", 720, 1280, 60, 4500),
            ("PORTRAIT_H264_1080P_30", 1080, 1920, 30, 4500),
            ("PORTRAIT_H264_1080P_60", 1080, 1920, 60, 6000),
        ];
        for (value, (name, width, height, fps, kbps)) in expected.into_iter().enumerate() {
            let preset = Preset::parse(name).unwrap();
            let encoding = preset.encoding(192, 4);
            assert_eq!(preset.wire() as usize, value, "{name}");
            assert_eq!(
                (encoding.width, encoding.height, encoding.fps, encoding.video_kbps),
                (width, height, fps, kbps),
                "{name}"
            );
            assert_eq!((encoding.audio_kbps, encoding.key_frame_interval_s), (192, 4));
            assert_eq!(Preset::parse(preset.name()), Ok(preset));
        }
    }

    #[test]
    fn unknown_ones_are_refused_with_the_names_there_are() {
        let error = Preset::parse("720p").unwrap_err();
        assert!(error.contains("`720p`") && error.contains("portrait-h264-1080p60"), "{error}");
        assert!(Preset::parse("PASSTHROUGH").unwrap_err().contains("a room needs an encoder"));
    }
}
