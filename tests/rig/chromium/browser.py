"""Publishes participants with LiveKit's web SDK in Chromium; says and takes the same lines as `publisher.py`.

The page beside this file does the work. It is served from loopback, which browsers trust as they trust TLS, and
talks by it: commands go to it as server-sent events, what happens is posted back. Beyond
`publisher.py`'s commands it knows

    {"do": "resize", "who": "p1", "width": 360, "height": 640}

and no keys after joining. LIVETAPE_RIG_WEB_SDK is the directory of livekit-client's `dist`.
"""

from __future__ import annotations

import argparse
import ctypes
import functools
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from livekit import api

HERE = Path(__file__).parent
SDK = Path(os.environ["LIVETAPE_RIG_WEB_SDK"])
TYPES = {".html": "text/html", ".js": "text/javascript"}
FLAGS = [
    # As root, in a container, without a display or a graphics card.
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--autoplay-policy=no-user-gesture-required",
    # Nothing but the page: no name resolves, nothing is fetched or sent behind its back.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--no-first-run", "--no-default-browser-check", "--no-pings",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic",
    "--disable-domain-reliability", "--disable-breakpad", "--disable-crash-reporter", "--disable-extensions",
    # The rig's servers have candidates on loopback alone.
    "--allow-loopback-in-peer-connection", "--disable-features=WebRtcHideLocalIpsWithMdns",
    # A page that nobody sees runs as one that somebody watches.
    "--disable-background-timer-throttling", "--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows",
]  # fmt: skip


class Page(BaseHTTPRequestHandler):
    """Serves the page and passes lines on."""

    protocol_version = "HTTP/1.1"
    plan: dict[str, object]
    commands: queue.Queue[str]
    events: queue.Queue[dict[str, object] | None]

    def do_GET(self) -> None:
        if self.path == "/commands":
            return self.stream()
        if self.path == "/plan":
            return self.answer(json.dumps(self.plan).encode(), "application/json")
        name = self.path.lstrip("/") or "page.html"
        found = [path for path in (HERE / name, SDK / name) if path.suffix in TYPES and path.is_file()]
        if not found:
            return self.send_error(404)
        self.answer(found[0].read_bytes(), TYPES[found[0].suffix])

    def do_POST(self) -> None:
        self.events.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.answer(b"", "text/plain")

    def answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        while True:
            self.wfile.write(f"data: {self.commands.get()}\n\n".encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


def plan(o: argparse.Namespace) -> dict[str, object]:
    names = json.loads(o.names) if o.names else []
    codecs, sizes = o.codec.split(","), o.size.split(",")
    later = o.later.split(",") if o.later else []
    people = []
    for i in range(o.participants):
        number = o.first + i
        identity, name = f"p{number}", names[i] if i < len(names) else f"Participant {number}"
        grants = api.VideoGrants(room_join=True, room=o.room)
        token = api.AccessToken().with_identity(identity).with_name(name).with_grants(grants).to_jwt()
        width, height = map(int, sizes[i % len(sizes)].split("x"))
        seat = {"number": number, "identity": identity, "token": token, "later": identity in later}
        people.append(seat | {"codec": codecs[i % len(codecs)], "width": width, "height": height})
    e2ee = None
    if o.e2ee_key_env:
        e2ee = {"key": os.environ[o.e2ee_key_env], "encoding": o.e2ee_key_encoding}
    return {"participants": people, "options": vars(o) | {"e2ee": e2ee}}


# Of <linux/prctl.h>.
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


def prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def chromium(url: str, profile: str) -> subprocess.Popen[bytes]:
    command = ["chromium", *FLAGS, f"--user-data-dir={profile}", url]
    environment = os.environ | {"HOME": profile}
    # Killed when we are; its own children notice by themselves.
    orphan = functools.partial(prctl, PR_SET_PDEATHSIG, signal.SIGKILL)
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=environment, preexec_fn=orphan)


def end(browser: subprocess.Popen[bytes]) -> None:
    """Ends the browser, and waits for all that it started: they are ours once their parents are gone."""
    browser.terminate()
    browser.wait()
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


def main(o: argparse.Namespace) -> int:
    Page.plan, Page.commands, Page.events = plan(o), queue.Queue(), queue.Queue()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGTERM, lambda *_: Page.events.put(None))
    with tempfile.TemporaryDirectory(prefix="chromium-", dir=".", ignore_cleanup_errors=True) as profile:
        browser = chromium(f"http://127.0.0.1:{server.server_port}/", os.path.abspath(profile))
        leaving = threading.Event()

        def read() -> None:
            for line in sys.stdin:
                Page.commands.put(line.strip())
            leaving.set()
            Page.commands.put('{"do": "leave"}')

        def watch() -> None:
            browser.wait()
            Page.events.put(None)

        for task in (read, watch):
            threading.Thread(target=task, daemon=True).start()
        left = follow(leaving)
        end(browser)
    return 0 if left else 1


def follow(leaving: threading.Event) -> bool:
    """Says what happens, until all have left as told (true), something failed, or the browser is gone."""
    while (event := Page.events.get()) is not None:
        print(json.dumps(event), flush=True)
        if event["event"] == "error":
            break
        if leaving.is_set() and event.get("do") == "leave":
            return True
    return False


def arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(description="Publishes participants from Chromium")
    p.add_argument("--url", required=True)
    p.add_argument("--room", required=True)
    p.add_argument("--participants", type=int, default=1)
    p.add_argument("--first", type=int, default=0, help="number of the first participant; identities are p0, p1, …")
    p.add_argument("--names", help="display names, as a JSON array")
    p.add_argument("--later", help="identities that join only when told, separated by commas")
    p.add_argument("--e2ee-key-env", help="environment variable that holds the shared key")
    p.add_argument("--e2ee-key-encoding", choices=["utf8", "hex"], default="utf8", help="hex: raw bytes, so HKDF")
    p.add_argument("--codec", default="vp8", help="vp8, h264, vp9 or av1; one for each participant, separated by commas")
    p.add_argument("--size", default="640x360", help="the same")
    p.add_argument("--fps", type=int, default=30)
    p.add_argument("--video-bitrate", type=int, default=500_000)
    for name, default in [("simulcast", True), ("video", True), ("audio", True), ("dtx", True), ("red", True), ("single-pc", True)]:
        p.add_argument(f"--{name}", action=argparse.BooleanOptionalAction, default=default)
    p.add_argument("--audio-advance-ms", type=float, default=16.5, help="sound enters the track this much early")
    return p.parse_args()


if __name__ == "__main__":
    sys.exit(main(arguments()))
