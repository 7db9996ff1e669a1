//! Makes films with known faults: four tiles and four tones, encoded as a recording would be.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use livetape_rig::check::{Report, Side, check};
use livetape_rig::truth::{BLOCK, Code, RATE, grid, level_at, tone};
use tempfile::TempDir;

pub const FPS: u32 = 30;
const PEOPLE: u8 = 4;
const WIDTH: usize = 640;
const HEIGHT: usize = 360;
/// The films start in the middle of a second, as recordings do.
const START: u32 = 12_345;

/// A film, and what is wrong with it. Times in seconds from its start.
#[derive(Clone)]
pub struct Film {
    pub seconds: u32,
    /// Sound comes this much late, in milliseconds.
    pub late_ms: u32,
    /// Every so many pictures one is replaced by the one before.
    pub lose_one_in: Option<u32>,
    /// These two tiles change places.
    pub swap: Option<(u8, u8, f64)>,
    /// This one is not heard.
    pub mute: Option<(u8, f64, f64)>,
    /// Where each is heard.
    pub sides: [Side; PEOPLE as usize],
    pub black: Option<(f64, f64)>,
    /// All pictures stand still.
    pub freeze: Option<(f64, f64)>,
}

impl Default for Film {
    fn default() -> Self {
        Self {
            seconds: 10,
            late_ms: 0,
            lose_one_in: None,
            swap: None,
            mute: None,
            sides: [Side::Both; PEOPLE as usize],
            black: None,
            freeze: None,
        }
    }
}

impl Film {
    /// Encodes the film and checks it.
    pub fn checked(&self) -> Result<Report> {
        let dir = TempDir::new()?;
        let file = self.encode(dir.path())?;
        check(&file, FPS, &[])
    }

    fn encode(&self, dir: &Path) -> Result<PathBuf> {
        let (sound, film) = (dir.join("sound.f32"), dir.join("film.mp4"));
        let bytes: Vec<u8> = self.sound().iter().flat_map(|s| s.to_le_bytes()).collect();
        std::fs::write(&sound, bytes)?;
        let size = format!("{WIDTH}x{HEIGHT}");
        let pictures = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", &size, "-r", "30", "-i", "-"];
        let encoders =
            ["-c:v", "libx264", "-preset", "superfast", "-b:v", "1500k", "-c:a", "aac", "-b:a", "192k"];
        let mut ffmpeg = Command::new("ffmpeg")
            .args(["-v", "error", "-y"])
            .args(pictures)
            .args(["-f", "f32le", "-ar", "48000", "-ac", "2", "-i"])
            .arg(&sound)
            .args(encoders)
            .args(["-pix_fmt", "yuv420p", "-shortest"])
            .arg(&film)
            .stdin(Stdio::piped())
            .spawn()?;
        let mut pipe = BufWriter::new(ffmpeg.stdin.take().context("stdin")?);
        for picture in 0..self.seconds * FPS {
            pipe.write_all(&self.picture(picture))?;
        }
        drop(pipe);
        ensure!(ffmpeg.wait()?.success(), "ffmpeg failed");
        Ok(film)
    }

    fn picture(&self, number: u32) -> Vec<u8> {
        let at = f64::from(number) / f64::from(FPS);
        let within = |span: Option<(f64, f64)>| span.filter(|(from, to)| (*from..*to).contains(&(at + 1e-6)));
        if within(self.black).is_some() {
            return vec![0; WIDTH * HEIGHT];
        }
        let mut shown = match within(self.freeze) {
            Some((from, _)) => (from * f64::from(FPS)).round() as u32,
            None => number,
        };
        if self.lose_one_in.is_some_and(|n| number % n == n / 2) {
            shown -= 1;
        }
        let mut picture = vec![20; WIDTH * HEIGHT];
        for participant in 0..PEOPLE {
            let place = match self.swap {
                Some((a, b, when)) if at + 1e-6 >= when && participant == a => b,
                Some((a, b, when)) if at + 1e-6 >= when && participant == b => a,
                _ => participant,
            };
            let corner = (usize::from(place % 2) * WIDTH / 2, usize::from(place / 2) * HEIGHT / 2);
            draw(&mut picture, corner, Code { participant, counter: START + shown });
        }
        picture
    }

    fn sound(&self) -> Vec<f32> {
        let late = u64::from(self.late_ms) * u64::from(RATE) / 1000;
        let start = u64::from(START) * u64::from(RATE / FPS);
        let mut samples = Vec::new();
        for n in 0..u64::from(self.seconds * RATE) {
            let at = n as f64 / f64::from(RATE);
            let second = ((start + n - late) % u64::from(RATE)) as u32;
            let mut frame = [0f32; 2];
            for participant in 0..PEOPLE {
                let muted = |(who, from, to): (u8, f64, f64)| who == participant && (from..to).contains(&at);
                if self.mute.is_some_and(muted) {
                    continue;
                }
                let angle =
                    std::f64::consts::TAU * f64::from(tone(participant) * (second % RATE)) / f64::from(RATE);
                let sample = level_at(second) * angle.sin() as f32;
                let side = self.sides[usize::from(participant)];
                frame[0] += if side == Side::Right { 0.0 } else { sample };
                frame[1] += if side == Side::Left { 0.0 } else { sample };
            }
            samples.extend(frame);
        }
        samples
    }
}

/// Draws a publisher's picture in a quarter of the canvas.
fn draw(picture: &mut [u8], (left, top): (usize, usize), code: Code) {
    let (width, height) = (WIDTH / 2, HEIGHT / 2);
    let (side, x0, y0) = grid(width as f32, height as f32);
    let bits = code.to_bits();
    for y in 0..height {
        for x in 0..width {
            let column = ((x as f32 + 0.5 - x0) / side).floor() as i32;
            let row = ((y as f32 + 0.5 - y0) / side).floor() as i32;
            let (columns, rows) = (BLOCK.0 as i32, BLOCK.1 as i32);
            let from_edge = column.min(columns - 1 - column).min(row).min(rows - 1 - row);
            let luma = match from_edge {
                ..0 if code.is_flash(FPS) => 255,
                ..0 => 125,
                0 => 255,
                1 => 0,
                _ if (bits >> (31 - ((row - 2) * 8 + column - 2))) & 1 == 1 => 255,
                _ => 0,
            };
            picture[(top + y) * WIDTH + left + x] = luma;
        }
    }
}
