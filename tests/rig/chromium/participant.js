// One seat in the room, with its camera and microphone, as a page would publish them with livekit-client.

import { now, Picture } from "/truth.js";
import { Voice } from "/voice.js";

const { ExternalE2EEKeyProvider, Room, RoomEvent, Track } = LivekitClient;

const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1e3));

/** A passphrase as it is; raw bytes, which livekit-client takes through HKDF, from hexadecimal digits. */
function keyOf({ key, encoding }) {
  return encoding === "hex" ? Uint8Array.from(key.match(/../g), (digits) => parseInt(digits, 16)).buffer : key;
}

export class Participant {
  /** `plan`: identity, number, token, codec, width, height; `options`: what all have in common. */
  constructor(plan, options, say) {
    Object.assign(this, { options, captured: 0 }, plan);
    this.say = (event, more) => say({ event, who: this.identity, at: now(), ...more });
  }

  async join() {
    const { e2ee, url, audio, video } = this.options;
    const settings = { singlePeerConnection: this.options.single_pc };
    if (e2ee) {
      this.keys = new ExternalE2EEKeyProvider();
      await this.keys.setKey(keyOf(e2ee));
      settings.encryption = { keyProvider: this.keys, worker: new Worker("/livekit-client.e2ee.worker.js") };
    }
    this.room = new Room(settings);
    this.room.on(RoomEvent.Disconnected, (reason) => this.say("disconnected", { reason }));
    this.room.on(RoomEvent.EncryptionError, (error) => this.say("encryption_error", { text: String(error) }));
    if (e2ee) await this.room.setE2EEEnabled(true);
    // Nobody is asked where we are: no STUN, no TURN.
    await this.room.connect(url, this.token, { autoSubscribe: false, rtcConfig: { iceServers: [] } });
    this.say("joined", { sid: this.room.localParticipant.sid, room: await this.room.getSid() });
    if (audio) await this.publishMicrophone();
    if (video) await this.cameraOn();
    this.say("published");
  }

  async publishMicrophone() {
    this.voice = new Voice(this.number, this.options.audio_advance_ms / 1e3, (slip) => this.say("sound", slip));
    const options = { source: Track.Source.Microphone, dtx: this.options.dtx, red: this.options.red };
    this.microphone = await this.room.localParticipant.publishTrack(await this.voice.start(), options);
  }

  async cameraOn() {
    if (this.camera) return;
    const { fps, simulcast, video_bitrate: maxBitrate } = this.options;
    const camera = new MediaStreamTrackGenerator({ kind: "video" });
    this.camera = camera;
    this.film(camera, camera.writable.getWriter());
    this.cameraTrack = await this.room.localParticipant.publishTrack(camera, {
      source: Track.Source.Camera,
      videoCodec: this.codec,
      backupCodec: false,
      simulcast,
      videoEncoding: { maxBitrate, maxFramerate: fps },
    });
    this.say("camera_on", { sid: this.cameraTrack.trackSid });
  }

  async cameraOff() {
    if (!this.camera) return;
    const { camera, cameraTrack } = this;
    this.say("camera_off", await this.sent());
    this.camera = this.cameraTrack = undefined;
    await this.room.localParticipant.unpublishTrack(cameraTrack.track);
    camera.stop();
  }

  /** Captures frame k at k/fps of the wall clock; a frame that is a whole interval late is left out. */
  async film(camera, writer) {
    const { fps } = this.options;
    let picture;
    for (let index = Math.floor(now() * fps) + 1; ; index++) {
      const due = index / fps;
      await sleep(due - now());
      if (this.camera !== camera) return;
      if (picture?.width !== this.width || picture?.height !== this.height) {
        picture = new Picture(this.number, this.width, this.height, fps);
      }
      if (now() - due >= 1 / fps) continue;
      await writer.write(picture.draw(index, Math.round(due * 1e6)));
      this.captured++;
    }
  }

  /** From now on pictures have this size, as when a phone is turned. */
  resize(width, height) {
    Object.assign(this, { width, height });
  }

  async mute(muted) {
    await (muted ? this.microphone?.mute() : this.microphone?.unmute());
    this.say(muted ? "muted" : "unmuted");
  }

  /** Frames captured; the SSRCs of the layers, the best first; what the encoder is. */
  async sent() {
    const stats = [...((await this.cameraTrack?.track.sender.getStats()) ?? new Map()).values()];
    const layers = stats.filter((s) => s.type === "outbound-rtp");
    layers.sort((a, b) => "qhf".indexOf(b.rid) - "qhf".indexOf(a.rid));
    const encoders = layers.map(({ rid, encoderImplementation: by, scalabilityMode: mode, ...s }) => {
      return { rid, by, mode, width: s.frameWidth, height: s.frameHeight, frames: s.framesEncoded };
    });
    return { captured: this.captured, ssrcs: layers.map((s) => s.ssrc), encoders };
  }

  async leave() {
    if (!this.room) return;
    const counts = await this.sent();
    const { room, camera } = this;
    this.room = this.camera = this.cameraTrack = this.microphone = undefined;
    await room.disconnect();
    camera?.stop();
    await this.voice?.stop();
    this.say("left", counts);
  }
}
