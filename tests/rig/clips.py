"""Makes the clips that the WHIP publisher plays: `clips.py DIRECTORY`.

A clip is one participant's pictures or sound (see `truth.py`) in one codec, encoded beforehand: frame k was
captured k/FPS seconds after the clip's beginning, and its counter is k. Each second begins with a keyframe.

A `.clip` file is a line of JSON (`codec`, `clock`: ticks of RTP time a second, `step`: ticks a frame), and then the
frames as they are packetized, each behind its length in four bytes, the highest first.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import truth

FPS = 30
SECONDS = 40
#: Participant, codec, width, height. Odd sizes are VP8's alone: the others' encoders want even ones.
PICTURES = [
    (0, "h265", 640, 360),
    (1, "av1", 640, 360),
    (2, "h264", 426, 240),
    (3, "vp8", 333, 251),
    *((number, "vp8", 320, 180) for number in range(4)),
]
#: Participant, codec. G.711 carries tones below 4 kHz only: participants 0 to 11.
SOUNDS = [(0, "opus"), (1, "opus"), (2, "pcmu"), (3, "pcma"), (2, "opus"), (3, "opus")]

#: No lookahead and no frames out of order: as calls are encoded. NAL units begin with a delimiter, by which they are split.
ENCODERS = {
    "vp8": "-c:v libvpx -deadline realtime -cpu-used 8 -auto-alt-ref 0 -f ivf",
    "av1": "-c:v libaom-av1 -usage realtime -cpu-used 8 -lag-in-frames 0 -f ivf",
    "h264": "-c:v libx264 -preset veryfast -tune zerolatency -profile:v baseline"
    " -x264-params aud=1:scenecut=0:repeat-headers=1 -f h264",
    "h265": "-c:v libx265 -preset ultrafast -tune zerolatency"
    " -x265-params aud=1:scenecut=0:repeat-headers=1:open-gop=0:bframes=0:log-level=none -f hevc",
}
SOUND_ENCODERS = {
    "opus": "-c:a libopus -b:a 64k -frame_duration 20 -f ogg",
    "pcmu": "-ar 8000 -f mulaw",
    "pcma": "-ar 8000 -f alaw",
}


def encode_pictures(number: int, codec: str, width: int, height: int) -> bytes:
    picture = truth.Picture(number, width, height, FPS)
    raw = f"-f rawvideo -pix_fmt yuv420p -s {width}x{height} -r {FPS} -i -"
    with tempfile.NamedTemporaryFile() as out:
        options = f"{raw} -b:v 400k -g {FPS} -keyint_min {FPS} {ENCODERS[codec]} -y {out.name}"
        ffmpeg = subprocess.Popen(["ffmpeg", "-v", "error", *options.split()], stdin=subprocess.PIPE)
        for k in range(SECONDS * FPS):
            ffmpeg.stdin.write(picture.draw(k))
        ffmpeg.stdin.close()
        if ffmpeg.wait() != 0:
            raise SystemExit("ffmpeg failed")
        return out.read()


def encode_sound(number: int, codec: str) -> bytes:
    second = truth.second_of_sound(number, 1, "both").tobytes()
    options = f"-f s16le -ar {truth.RATE} -ac 1 -i - {SOUND_ENCODERS[codec]} -"
    ffmpeg = ["ffmpeg", "-v", "error", *options.split()]
    return subprocess.run(ffmpeg, input=second * SECONDS, stdout=subprocess.PIPE, check=True).stdout


def ivf(data: bytes) -> Iterator[bytes]:
    """The frames of an IVF file."""
    at = 32
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "little")
        yield data[at + 12 : at + 12 + size]
        at += 12 + size


def access_units(data: bytes, delimiter: bytes) -> Iterator[bytes]:
    """What lies between the access unit delimiters of a byte stream."""
    for unit in data.split(b"\0\0\0\1" + delimiter)[1:]:
        yield b"\0\0\0\1" + delimiter + unit


def ogg(data: bytes) -> Iterator[bytes]:
    """The packets of an Ogg file (RFC 3533), without its two headers."""
    packets, packet, at = 0, b"", 0
    while at < len(data):
        sizes = data[at + 27 : at + 27 + data[at + 26]]
        at += 27 + len(sizes)
        for size in sizes:
            packet += data[at : at + size]
            at += size
            if size == 255:
                continue
            packets += 1
            if packets > 2:
                yield packet
            packet = b""


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def write(path: Path, codec: str, clock: int, step: int, frames: Iterable[bytes]) -> None:
    kept = list(frames)[: SECONDS * clock // step]
    if len(kept) != SECONDS * clock // step:
        raise SystemExit(f"{path}: {len(kept)} frames")
    with path.open("wb") as file:
        file.write(json.dumps({"codec": codec, "clock": clock, "step": step}).encode() + b"\n")
        for frame in kept:
            file.write(len(frame).to_bytes(4, "big") + frame)


def main(directory: Path) -> None:
    for number, codec, width, height in PICTURES:
        data = encode_pictures(number, codec, width, height)
        match codec:
            case "h264":
                frames = access_units(data, b"\x09")
            case "h265":
                frames = access_units(data, b"\x46\x01")
            case _:
                frames = ivf(data)
        write(directory / f"p{number}-{codec}-{width}x{height}.clip", codec, 90_000, 90_000 // FPS, frames)
    for number, codec in SOUNDS:
        data = encode_sound(number, codec)
        path = directory / f"p{number}-{codec}.clip"
        if codec == "opus":
            write(path, codec, 48_000, 960, ogg(data))
        else:
            write(path, codec, 8_000, 160, pieces(data, 160))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
