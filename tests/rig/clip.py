"""Writes what a publisher shows and sounds to a file: `clip.py NUMBER SECONDS FILE.webm`.

VP8 and Opus as publishers send them, for a pipeline that plays from disk what the rig sends over a network.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile

import truth


def main(number: int, seconds: int, path: str) -> None:
    picture = truth.Picture(number, 640, 360, 30)
    with tempfile.NamedTemporaryFile(suffix=".s16") as sound:
        sound.write(truth.second_of_sound(number, 1, "both").tobytes() * seconds)
        sound.flush()
        raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "640x360", "-r", "30", "-i", "-"]
        tone = ["-f", "s16le", "-ar", str(truth.RATE), "-ac", "1", "-i", sound.name]
        vp8 = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "500k", "-g", "3000"]
        command = ["ffmpeg", "-v", "error", "-y", *raw, *tone, *vp8, "-c:a", "libopus", "-b:a", "64k", path]
        ffmpeg = subprocess.Popen(command, stdin=subprocess.PIPE)
        for k in range(seconds * 30):
            ffmpeg.stdin.write(picture.draw(k))
        ffmpeg.stdin.close()
        if ffmpeg.wait() != 0:
            raise SystemExit("ffmpeg failed")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
