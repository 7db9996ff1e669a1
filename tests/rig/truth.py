"""What every test picture and sound carries, so that a recording can be judged by looking and listening.

Time is the wall clock. A publisher with N frames a second captures frame k at k/N seconds since the
Unix epoch, so a frame's counter *is* its capture time, and publishers agree without talking.

Picture, in units of one cell (1/24 of the width at 16:9), the block centred, 5 % from the top:

    12 x 8 cells: a white ring, in it a black ring, in it 8 x 4 cells of data
    data, row by row, white is one: participant (6 bits) | counter modulo 216,000 (18 bits) | CRC-8

Around it lies the participant's colour (luma about 125), which is white for the first FLASH_FRAMES
frames of every second. The lowest fifth stays free for a name label.

Sound: a quiet hum at the participant's tone, and at every whole second a beep of 80 ms at the same
tone, whose first sample is the instant of the first white frame. Tones are multiples of 100 Hz, so
that a window of 10 ms separates them exactly.

`crates/rig/src/truth.rs` says the same in Rust; a test keeps the two together.
"""

from __future__ import annotations

import math

import numpy as np

COUNTERS = 216_000  # a multiple of every frame rate in use; two hours at 30 a second
FLASH_FRAMES = 3
RATE = 48_000
BEEP_SECONDS = 0.080
HUM, BEEP = 0.03, 0.15
WHITE, BLACK = 235, 16


def tone(participant: int) -> int:
    """The participant's tone in Hz."""
    return 500 + 300 * (participant % 16)


def crc8(value: int) -> int:
    """CRC-8 (polynomial 0x07, start 0xA5) over the 24 bits of participant and counter."""
    crc = 0xA5
    for shift in (16, 8, 0):
        crc ^= (value >> shift) & 0xFF
        for _ in range(8):
            crc = ((crc << 1) ^ 0x07) & 0xFF if crc & 0x80 else crc << 1
    return crc


def word(participant: int, counter: int) -> int:
    """The 32 bits that a frame shows."""
    value = (participant & 0x3F) << 18 | (counter % COUNTERS)
    return value << 8 | crc8(value)


def parse(bits: int) -> tuple[int, int] | None:
    """Participant and counter, unless the checksum is wrong."""
    value = bits >> 8
    if crc8(value) != bits & 0xFF or value & 0x3FFFF >= COUNTERS:
        return None
    return value >> 18, value & 0x3FFFF


def is_flash(counter: int, fps: int) -> bool:
    """Whether the frame's background is white."""
    return counter % fps < FLASH_FRAMES


def grid(width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Edges of the block's cells, in pixels (not rounded): 13 of x, 9 of y. Half as wide as a 16:9 picture."""
    side = min(height * 2 / 27, width / 24)
    return width / 2 + side * np.arange(-6, 7), height / 20 + side * np.arange(9)


def colour(participant: int) -> tuple[int, int, int]:
    """The participant's background as YUV: one luma, sixteen hues."""
    angle = 2 * math.pi * ((participant * 7) % 16) / 16
    return 125, round(128 + 70 * math.cos(angle)), round(128 + 70 * math.sin(angle))


class Picture:
    """An I420 frame of one participant, redrawn in place: only cells and background change."""

    def __init__(self, participant: int, width: int, height: int, fps: int) -> None:
        self.participant, self.width, self.height, self.fps = participant, width, height, fps
        self.backgrounds = [self._background(False), self._background(True)]
        self.xs, self.ys = (edges.round().astype(int) for edges in grid(width, height))

    def _background(self, flash: bool) -> bytearray:
        w, h = self.width, self.height
        luma, u, v = (WHITE, 128, 128) if flash else colour(self.participant)
        half = ((w + 1) // 2) * ((h + 1) // 2)
        data = bytearray(bytes([luma]) * (w * h) + bytes([u]) * half + bytes([v]) * half)
        y = np.frombuffer(data, np.uint8, w * h).reshape(h, w)
        xs, ys = (edges.round().astype(int) for edges in grid(w, h))
        y[ys[0] : ys[8], xs[0] : xs[12]] = WHITE
        y[ys[1] : ys[7], xs[1] : xs[11]] = BLACK
        for plane in range(2):
            start = w * h + plane * half
            chroma = np.frombuffer(data, np.uint8, half, start).reshape((h + 1) // 2, (w + 1) // 2)
            chroma[ys[0] // 2 : ys[8] // 2, xs[0] // 2 : xs[12] // 2] = 128
        return data

    def draw(self, counter: int) -> bytearray:
        """The frame with this counter; valid until the next call."""
        data = self.backgrounds[is_flash(counter, self.fps)]
        y = np.frombuffer(data, np.uint8, self.width * self.height).reshape(self.height, self.width)
        bits = np.array([word(self.participant, counter) >> s & 1 for s in range(31, -1, -1)], np.uint8)
        levels = (bits * (WHITE - BLACK) + BLACK).reshape(4, 8)
        xs, ys = self.xs[2:11], self.ys[2:7]
        y[ys[0] : ys[-1], xs[0] : xs[-1]] = levels.repeat(np.diff(ys), 0).repeat(np.diff(xs), 1)
        return data


def read_code(luma: np.ndarray) -> tuple[int, int, bool] | None:
    """Participant, counter and flash of a whole frame's luma (any size of the same shape)."""
    h, w = luma.shape
    x, y = grid(w, h)
    xs, ys = ((x[2:10] + x[3:11]) / 2).astype(int), ((y[2:6] + y[3:7]) / 2).astype(int)
    bits = 0
    for value in luma[np.ix_(ys, xs)].ravel():
        bits = bits << 1 | int(value > 126)
    found = parse(bits)
    if found is None:
        return None
    beside = luma[int(y[4]), int(2 * x[0] - x[1])]
    return found[0], found[1], bool(beside > 190)


def second_of_sound(participant: int, channels: int, side: str) -> np.ndarray:
    """One second of the participant's sound, int16, shape (48000, channels); every second is the same."""
    t = np.arange(RATE) / RATE
    level = np.full(RATE, HUM)
    n, fade = round(BEEP_SECONDS * RATE), RATE // 200
    level[:n] = BEEP
    level[n : n + fade] = np.linspace(BEEP, HUM, fade)
    wave = (np.sin(2 * np.pi * tone(participant) * t) * level * 32767).astype(np.int16)
    out = np.zeros((RATE, channels), np.int16)
    for channel in range(channels):
        if channels == 1 or side in ("both", ("left", "right")[channel]):
            out[:, channel] = wave
    return out


def onsets(samples: np.ndarray, frequency: int) -> np.ndarray:
    """Positions (in samples, fractional) at which a beep of this tone starts in mono float samples."""
    n, window = len(samples), RATE // 100
    if n < 3 * window:
        return np.empty(0)
    turned = samples * np.exp(-2j * np.pi * frequency / RATE * np.arange(n))
    total = np.concatenate([[0], np.cumsum(turned)])
    # level[i] is the amplitude over the window that ends before sample i + window
    level = np.abs(total[window:] - total[:-window]) * 2 / window
    half = (BEEP + HUM) / 2
    crossings = np.flatnonzero((level[1:] >= half) & (level[:-1] < half))
    kept = [i for i in crossings if level[i : i + 3 * window].max(initial=0) > 0.8 * BEEP * 0.9]
    return np.array(kept, float) + window / 2 + 1
