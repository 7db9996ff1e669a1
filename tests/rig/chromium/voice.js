// A participant's hum and beep, by WebAudio, in step with the wall clock.

import { now, RATE, secondOfSound } from "/truth.js";

/** A slip of more than this is made good and told, in seconds. */
const SLIP = 0.008;
/** How often it is looked for, and over how long, in seconds. */
const EVERY = 1;
const LOOK = 0.3;

export class Voice {
  /** `advance`: sound enters the track this much early, in seconds. */
  constructor(participant, advance, told) {
    Object.assign(this, { participant, advance, told });
    this.context = new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
    this.sink = this.context.createMediaStreamDestination();
    this.sink.channelCount = 1;
    const second = secondOfSound(participant);
    this.buffer = this.context.createBuffer(1, RATE, RATE);
    this.buffer.copyToChannel(second, 0);
  }

  /** Begins to sound; returns the track. */
  async start() {
    await this.context.resume();
    await this.align();
    this.timer = setInterval(() => this.align(), EVERY * 1e3);
    return this.sink.stream.getAudioTracks()[0];
  }

  /** The wall clock minus the context's clock: the context renders in blocks, so the fastest look counts. */
  async lead() {
    let lead = Infinity;
    for (const until = now() + LOOK; now() < until; ) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      lead = Math.min(lead, now() - this.context.currentTime);
    }
    return lead;
  }

  /** Puts the head of the second where the wall clock has it. */
  async align() {
    const lead = await this.lead();
    const slip = this.placed === undefined ? 0 : lead - this.placed;
    if (this.placed !== undefined && Math.abs(slip) <= SLIP) return;
    this.placed = lead;
    this.source?.stop();
    this.source = new AudioBufferSourceNode(this.context, { buffer: this.buffer, loop: true });
    this.source.connect(this.sink);
    // What is rendered at the context's time t is sound of the wall clock's t + lead.
    const at = this.context.currentTime + 0.05;
    this.source.start(at, (at + lead + this.advance) % 1);
    this.told({ slip_ms: Math.round(slip * 1e4) / 10 });
  }

  async stop() {
    clearInterval(this.timer);
    await this.context.close();
  }
}
