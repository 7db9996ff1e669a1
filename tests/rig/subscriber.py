"""A control: what an ordinary subscriber, made with LiveKit's own SDK, sees and hears in the same room.

Runs for `--seconds` once everyone is subscribed, then prints one JSON object: for each participant the frames received,
the frames missing between the first and the last, and the offset of sound against picture (beep minus
flash; positive when sound is late), by the instants at which the SDK hands them out for presentation.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time

import numpy as np
from livekit import api, rtc

import publisher
import truth


class Heard:
    """Sound of one participant, with the arrival of every block."""

    def __init__(self) -> None:
        self.blocks: list[np.ndarray] = []
        self.arrivals: list[float] = []

    async def listen(self, track: rtc.Track) -> None:
        stream = rtc.AudioStream.from_track(track=track, sample_rate=truth.RATE, num_channels=1, frame_size_ms=10)
        async for event in stream:
            self.arrivals.append(time.monotonic())
            self.blocks.append(np.frombuffer(event.frame.data, np.int16).astype(np.float32) / 32768)

    def beeps(self, tone: int) -> list[float]:
        """Arrival times of beeps: block arrival plus position in the block, with jitter taken out by a median."""
        if not self.blocks:
            return []
        size = len(self.blocks[0])
        arrivals = np.array(self.arrivals) - np.arange(len(self.arrivals)) * size / truth.RATE
        times = []
        for position in truth.onsets(np.concatenate(self.blocks), tone):
            block = int(position // size)
            around = arrivals[max(0, block - 25) : block + 26]
            times.append(float(np.median(around) + position / truth.RATE))
        return times


class Seen:
    """Pictures of one participant."""

    def __init__(self) -> None:
        self.frames: list[tuple[float, float, int, bool]] = []
        self.unreadable = 0
        self.sizes: dict[str, int] = {}

    async def watch(self, track: rtc.Track) -> None:
        stream = rtc.VideoStream.from_track(track=track, format=rtc.VideoBufferType.I420)
        async for event in stream:
            now, frame = time.monotonic(), event.frame
            luma = np.frombuffer(frame.data, np.uint8, frame.width * frame.height).reshape(frame.height, frame.width)
            size = f"{frame.width}x{frame.height}"
            self.sizes[size] = self.sizes.get(size, 0) + 1
            code = truth.read_code(luma)
            if code is None:
                self.unreadable += 1
            else:
                self.frames.append((now, event.timestamp_us / 1e6, code[1], code[2]))

    def flashes(self, fps: int, stamp: int) -> list[float]:
        """Arrival (stamp 0) or presentation time (stamp 1) of the first frame of every flash."""
        return [f[stamp] for f in self.frames if f[2] % fps == 0]


def pair(beeps: list[float], flashes: list[float]) -> list[float]:
    """Offsets in ms of each flash to the beep nearest to it."""
    if not beeps:
        return []
    at = np.array(beeps)
    offsets = [float(at[np.abs(at - f).argmin()] - f) * 1e3 for f in flashes]
    return [o for o in offsets if abs(o) < 450]


def report(heard: Heard, seen: Seen, number: int, fps: int) -> dict[str, object]:
    counters = [f[2] for f in seen.frames]
    # Counters go forward only; the wrap is two hours away.
    span = counters[-1] - counters[0] + 1 if counters else 0
    beeps = heard.beeps(truth.tone(number))
    offsets = pair(beeps, seen.flashes(fps, 0))
    stamped = pair(beeps, seen.flashes(fps, 1))
    return {
        "frames": len(counters),
        "span": span,
        "missing": span - len(set(counters)),
        "unreadable": seen.unreadable,
        "sizes": seen.sizes,
        "beeps": len(beeps),
        "flashes": len(seen.flashes(fps, 0)),
        "offset_ms": summary(offsets),
        "offset_by_stamp_ms": summary(stamped),
    }


def summary(values: list[float]) -> dict[str, float] | None:
    if not values:
        return None
    sizes = np.abs(values)
    return {
        "median": round(float(np.median(values)), 1),
        "p50_abs": round(float(np.percentile(sizes, 50)), 1),
        "p95_abs": round(float(np.percentile(sizes, 95)), 1),
        "min": round(min(values), 1),
        "max": round(max(values), 1),
    }


async def main(o: argparse.Namespace) -> None:
    heard: dict[str, Heard] = {}
    seen: dict[str, Seen] = {}
    tasks: list[asyncio.Task] = []
    complete = asyncio.Event()
    room = rtc.Room()

    def subscribed(track: rtc.Track, publication: rtc.RemoteTrackPublication, who: rtc.RemoteParticipant) -> None:
        if isinstance(track, rtc.RemoteAudioTrack):
            heard[who.identity] = Heard()
            tasks.append(asyncio.create_task(heard[who.identity].listen(track)))
        else:
            seen[who.identity] = Seen()
            tasks.append(asyncio.create_task(seen[who.identity].watch(track)))
        if min(len(heard), len(seen)) >= o.participants:
            complete.set()

    room.on("track_subscribed", subscribed)
    token = api.AccessToken().with_identity("control").with_grants(
        api.VideoGrants(room_join=True, room=o.room, can_publish=False, hidden=True)
    )
    await room.connect(o.url, token.to_jwt(), rtc.RoomOptions(encryption=publisher.encryption(o)))
    await asyncio.wait_for(complete.wait(), 20)
    print(json.dumps({"event": "subscribed", "at": time.time()}), flush=True)
    await asyncio.sleep(o.seconds)
    found = {}
    for who in sorted(heard.keys() | seen.keys()):
        number = int(who[1:])
        found[who] = report(heard.get(who, Heard()), seen.get(who, Seen()), number, o.fps)
    print(json.dumps({"event": "measured", "participants": found}), flush=True)
    for task in tasks:
        task.cancel()
    await room.disconnect()


def arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(description="Measures what an ordinary subscriber sees and hears")
    p.add_argument("--url", required=True)
    p.add_argument("--room", required=True)
    p.add_argument("--participants", type=int, default=1, help="how many to wait for")
    p.add_argument("--seconds", type=float, default=10)
    p.add_argument("--fps", type=int, default=30)
    p.add_argument("--e2ee-key-env")
    p.add_argument("--e2ee-key-encoding", choices=["utf8", "hex"], default="utf8")
    p.add_argument("--e2ee-kdf", choices=["pbkdf2", "hkdf"], default="pbkdf2")
    return p.parse_args()


if __name__ == "__main__":
    asyncio.run(main(arguments()))
