"""Publishes participants with LiveKit's own SDK; what they show and sound is described in `truth.py`.

Credentials come from LIVEKIT_API_KEY and LIVEKIT_API_SECRET, the shared key from the variable that
`--e2ee-key-env` names. Each line on stdout is one JSON object with an `event`; each line on stdin is
one JSON command; the end of stdin ends the publisher:

    {"do": "mute" | "unmute" | "camera_off" | "camera_on" | "leave" | "join", "who": "p1"}
    {"do": "set_key", "key": "…", "index": 0}        for all who are in the room
    {"do": "key_index", "index": 1}                  encrypt with this key from now on
    {"do": "encrypt", "on": false}                   send frames in clear from now on, or no longer
    {"do": "ratchet", "index": 0}                    one ratchet step on the shared key
    {"do": "send_text", "text": "…", "topic": "…"}   a text stream, as chat is
    {"do": "send_data", "text": "…", "topic": "…"}   a single data packet
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import threading
import time
from dataclasses import dataclass, field

from livekit import api, rtc

import truth

CODECS = {"vp8": rtc.VideoCodec.VP8, "h264": rtc.VideoCodec.H264, "vp9": rtc.VideoCodec.VP9, "av1": rtc.VideoCodec.AV1}
#: Wall clock minus monotonic clock, read once: a clock that is set while we run moves nothing.
EPOCH = time.time() - time.monotonic()
#: Sound that waits inside the SDK: what a busy machine may delay this process.
QUEUE_MS = 200
#: It is pushed in such pieces, and a piece that is played this much off its time is made good.
PUSH_MS, SLIP_MS = 100, 8


def say(event: str, **more: object) -> None:
    print(json.dumps({"event": event, **more}), flush=True)


@dataclass
class Participant:
    """One seat in the room, with its camera and microphone."""

    options: argparse.Namespace
    number: int
    identity: str
    name: str
    side: str = "both"
    room: rtc.Room | None = None
    camera: rtc.VideoSource | None = None
    camera_track: rtc.LocalVideoTrack | None = None
    microphone: rtc.AudioSource | None = None
    microphone_track: rtc.LocalAudioTrack | None = None
    frames: int = 0
    late: float = 0.0
    tasks: list[asyncio.Task] = field(default_factory=list)

    async def join(self) -> None:
        o = self.options
        token = (
            api.AccessToken()
            .with_identity(self.identity)
            .with_name(self.name)
            .with_grants(api.VideoGrants(room_join=True, room=o.room))
            .to_jwt()
        )
        self.room = rtc.Room()
        self.room.on("disconnected", lambda reason: say("disconnected", who=self.identity, reason=str(reason)))
        self.room.on("reconnected", lambda: say("reconnected", who=self.identity, at=time.time()))
        options = rtc.RoomOptions(auto_subscribe=False, dynacast=o.dynacast, encryption=encryption(o))
        if o.dual_pc:
            options.single_peer_connection = False
        await self.room.connect(o.url, token, options)
        say("joined", who=self.identity, sid=self.room.local_participant.sid, room=await self.room.sid, at=time.time())
        if o.audio:
            await self.publish_microphone()
        if o.video:
            await self.camera_on()
        say("published", who=self.identity, at=time.time())

    async def publish_microphone(self) -> None:
        o = self.options
        self.microphone = rtc.AudioSource(truth.RATE, 2 if o.stereo else 1, queue_size_ms=QUEUE_MS)
        self.microphone_track = rtc.LocalAudioTrack.create_audio_track("microphone", self.microphone)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=o.dtx, red=o.red)
        options.audio_encoding.max_bitrate = o.audio_bitrate
        self.tasks.append(asyncio.create_task(self.speak(self.microphone)))
        await self.room.local_participant.publish_track(self.microphone_track, options)

    async def camera_on(self) -> None:
        o = self.options
        if self.camera is not None:
            return
        self.camera = rtc.VideoSource(o.width, o.height)
        self.camera_track = rtc.LocalVideoTrack.create_video_track("camera", self.camera)
        options = rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_CAMERA, video_codec=CODECS[o.codec], simulcast=o.simulcast
        )
        options.video_encoding.max_bitrate = o.video_bitrate
        options.video_encoding.max_framerate = o.fps
        self.tasks.append(asyncio.create_task(self.film(self.camera)))
        await self.room.local_participant.publish_track(self.camera_track, options)
        say("camera_on", who=self.identity, sid=self.camera_track.sid, at=time.time())

    async def camera_off(self) -> None:
        track, source = self.camera_track, self.camera
        self.camera = self.camera_track = None
        if track is None or source is None:
            return
        say("camera_off", who=self.identity, at=time.time(), **await self.sent(track))
        await self.room.local_participant.unpublish_track(track.sid)
        await source.aclose()

    async def film(self, source: rtc.VideoSource) -> None:
        """Captures frame k at k/fps of the wall clock; a frame that is a whole interval late is left out."""
        o = self.options
        picture = truth.Picture(self.number, o.width, o.height, o.fps)
        index = int((time.monotonic() + EPOCH) * o.fps) + 1
        while self.camera is source:
            due = index / o.fps - EPOCH
            await asyncio.sleep(due - time.monotonic())
            late = time.monotonic() - due
            if late < 1 / o.fps and self.camera is source:
                frame = rtc.VideoFrame(o.width, o.height, rtc.VideoBufferType.I420, picture.draw(index))
                source.capture_frame(frame, timestamp_us=round(due * 1e6))
                self.frames += 1
            self.late = max(self.late, late)
            if index % o.fps == 0:
                second = {"second": index // o.fps, "counter": index % truth.COUNTERS, "frames": self.frames}
                say("second", who=self.identity, **second, late_ms=round(self.late * 1e3, 1))
                self.late = 0.0
            index += 1

    async def speak(self, source: rtc.AudioSource) -> None:
        """Feeds the SDK's queue, which plays 10 ms at every tick of a native timer.

        Once the queue is full, a push returns at a tick that leaves QUEUE_MS in it, so what is pushed next
        is played QUEUE_MS + 10 ms after that tick. The first pushes are silent and find such instants;
        from then on the sound follows the timer, and a slip of more than SLIP_MS is made good and told.
        """
        channels, size = source.num_channels, truth.RATE * PUSH_MS // 1000
        silence = bytearray(size * channels * 2)
        second = truth.second_of_sound(self.number, channels, self.side)
        twice = memoryview(second.tobytes() * 2)
        step, position, pushes = PUSH_MS / 1e3, None, 0
        returns: list[float] = []
        while self.microphone is source:
            block = silence
            if position is not None:
                start = position % truth.RATE * channels * 2
                block = bytearray(twice[start : start + len(silence)])
                position += size
            await source.capture_frame(rtc.AudioFrame(block, truth.RATE, channels, size))
            pushes += 1
            if pushes > 2 * QUEUE_MS // PUSH_MS:
                returns.append(time.monotonic() - pushes * step)
            del returns[:-20]
            if len(returns) < 4 or (position is not None and pushes % 10):
                continue
            # The next push is played then, on the wall clock: the fastest return tells of the tick.
            played = min(returns) + pushes * step + (QUEUE_MS + 10) / 1e3 + EPOCH
            wanted = round((played + self.options.audio_advance_ms / 1e3) * truth.RATE)
            slip = 0.0 if position is None else (wanted - position) / truth.RATE * 1e3
            if position is None or abs(slip) > SLIP_MS:
                position = wanted
                del returns[:-4]
                say("sound", who=self.identity, at=time.time(), slip_ms=round(slip, 1))

    async def sent(self, track: rtc.LocalVideoTrack) -> dict[str, object]:
        """Frames captured, and the SSRCs of the layers, the best first."""
        layers = []
        for stat in await track.get_stats():
            if stat.WhichOneof("stats") == "outbound_rtp":
                out = stat.outbound_rtp
                layers.append(("qhf".find(out.outbound.rid or "-"), out.stream.ssrc))
        return {"captured": self.frames, "ssrcs": [ssrc for _, ssrc in sorted(layers, reverse=True)]}

    def mute(self, muted: bool) -> None:
        if self.microphone_track:
            (self.microphone_track.mute if muted else self.microphone_track.unmute)()
            say("muted" if muted else "unmuted", who=self.identity, at=time.time())

    async def leave(self) -> None:
        if self.room is None:
            return
        room, self.room = self.room, None
        counts = await self.sent(self.camera_track) if self.camera_track else {"captured": 0, "ssrcs": []}
        self.camera = self.microphone = None
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await room.disconnect()
        say("left", who=self.identity, at=time.time(), **counts)


def encryption(o: argparse.Namespace) -> rtc.E2EEOptions | None:
    if not o.e2ee_key_env:
        return None
    key = os.environ[o.e2ee_key_env]
    kdf = rtc.KeyDerivationFunction.HKDF if o.e2ee_kdf == "hkdf" else rtc.KeyDerivationFunction.PBKDF2
    provider = rtc.KeyProviderOptions(shared_key=key_bytes(key, o), key_derivation_function=kdf)
    return rtc.E2EEOptions(key_provider_options=provider)


def key_bytes(key: str, o: argparse.Namespace) -> bytes:
    return bytes.fromhex(key) if o.e2ee_key_encoding == "hex" else key.encode()


async def obey(people: dict[str, Participant], o: argparse.Namespace, line: str) -> None:
    """One command; see the head of this file."""
    command = json.loads(line)
    chosen = [people[command["who"]]] if "who" in command else list(people.values())
    for person in chosen:
        match command["do"]:
            case "mute" | "unmute":
                person.mute(command["do"] == "mute")
            case "camera_off":
                await person.camera_off()
            case "camera_on":
                await person.camera_on()
            case "leave":
                await person.leave()
            case "join":
                await person.join()
            case "set_key":
                key = key_bytes(command["key"], o)
                person.room.e2ee_manager.key_provider.set_shared_key(key, command["index"])
            case "key_index":
                for cryptor in person.room.e2ee_manager.frame_cryptors():
                    if cryptor.participant_identity == person.identity:
                        cryptor.set_key_index(command["index"])
            case "encrypt":
                person.room.e2ee_manager.set_enabled(command["on"])
            case "ratchet":
                person.room.e2ee_manager.key_provider.ratchet_shared_key(command["index"])
            case "send_text":
                await person.room.local_participant.send_text(command["text"], topic=command["topic"])
            case "send_data":
                await person.room.local_participant.publish_data(command["text"], topic=command["topic"])
            case other:
                raise ValueError(f"unknown command {other}")
    say("done", do=command["do"], at=time.time())


async def main(o: argparse.Namespace) -> None:
    sides = o.sides.split(",") if o.sides else ["both"]
    names = json.loads(o.names) if o.names else []
    people: dict[str, Participant] = {}
    for i in range(o.participants):
        number = o.first + i
        name = names[i] if i < len(names) else f"Participant {number}"
        identity = f"p{number}"
        people[identity] = Participant(o, number, identity, name, sides[i % len(sides)])
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, daemon=True).start()
    waiting = set(o.later.split(",")) if o.later else set()
    await asyncio.gather(*(p.join() for p in people.values() if p.identity not in waiting))
    say("ready", at=time.time())
    while (line := await lines.get()) is not None:
        await obey(people, o, line)
    await asyncio.gather(*(p.leave() for p in people.values()))
    say("end", at=time.time())


def arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(description="Publishes participants whose recording can be checked")
    p.add_argument("--url", required=True)
    p.add_argument("--room", required=True)
    p.add_argument("--participants", type=int, default=1)
    p.add_argument("--first", type=int, default=0, help="number of the first participant; identities are p0, p1, …")
    p.add_argument("--names", help="display names, as a JSON array")
    p.add_argument("--later", help="identities that join only when told, separated by commas")
    p.add_argument("--e2ee-key-env", help="environment variable that holds the shared key")
    p.add_argument("--e2ee-key-encoding", choices=["utf8", "hex"], default="utf8")
    p.add_argument("--e2ee-kdf", choices=["pbkdf2", "hkdf"], default="pbkdf2")
    p.add_argument("--codec", choices=list(CODECS), default="vp8")
    p.add_argument("--width", type=int, default=640)
    p.add_argument("--height", type=int, default=360)
    p.add_argument("--fps", type=int, default=30)
    p.add_argument("--video-bitrate", type=int, default=500_000)
    p.add_argument("--audio-bitrate", type=int, default=64_000)
    p.add_argument("--simulcast", action=argparse.BooleanOptionalAction, default=True)
    p.add_argument("--dynacast", action=argparse.BooleanOptionalAction, default=False)
    p.add_argument("--video", action=argparse.BooleanOptionalAction, default=True)
    p.add_argument("--audio", action=argparse.BooleanOptionalAction, default=True)
    p.add_argument("--dtx", action=argparse.BooleanOptionalAction, default=True)
    p.add_argument("--red", action=argparse.BooleanOptionalAction, default=True)
    p.add_argument("--stereo", action="store_true")
    p.add_argument("--sides", help="left, right or both for each participant, separated by commas; needs --stereo")
    p.add_argument("--dual-pc", action="store_true", help="separate peer connections for publishing and subscribing")
    # A packet of 20 ms is stamped when its second half is captured, and Opus looks 6.5 ms ahead: a receiver
    # that trusts sender reports hears sound that much late.
    p.add_argument("--audio-advance-ms", type=float, default=16.5, help="sound enters the encoder this much early")
    return p.parse_args()


if __name__ == "__main__":
    asyncio.run(main(arguments()))
