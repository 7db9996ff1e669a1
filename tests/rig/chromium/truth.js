// What every test picture and sound carries, as `tests/rig/truth.py` describes it.

const COUNTERS = 216_000;
const FLASH_FRAMES = 3;
export const RATE = 48_000;
const BEEP_SECONDS = 0.08;
const HUM = 0.03;
const BEEP = 0.15;
const WHITE = 235;
const BLACK = 16;

/** The wall clock in seconds; steady while the page lives. */
export const now = () => (performance.timeOrigin + performance.now()) / 1e3;

function crc8(value) {
  let crc = 0xa5;
  for (const shift of [16, 8, 0]) {
    crc ^= (value >>> shift) & 0xff;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : crc << 1;
  }
  return crc;
}

/** Whether cell `i` of the block's 32 is white. */
function cell(participant, counter, i) {
  const value = ((participant & 0x3f) << 18) | counter % COUNTERS;
  return i < 24 ? (value >>> (23 - i)) & 1 : (crc8(value) >>> (31 - i)) & 1;
}

/** Draws one participant's frames as I420. */
export class Picture {
  constructor(participant, width, height, fps) {
    Object.assign(this, { participant, width, height, fps });
    const side = Math.min((height * 2) / 27, width / 24);
    this.xs = Array.from({ length: 13 }, (_, i) => Math.round(width / 2 + side * (i - 6)));
    this.ys = Array.from({ length: 9 }, (_, i) => Math.round(height / 20 + side * i));
    this.backgrounds = [this.#background(false), this.#background(true)];
  }

  #background(flash) {
    const { width, height, xs, ys } = this;
    const angle = (2 * Math.PI * ((this.participant * 7) % 16)) / 16;
    const hue = [128 + 70 * Math.cos(angle), 128 + 70 * Math.sin(angle)];
    const half = [Math.ceil(width / 2), Math.ceil(height / 2)];
    const [luma, chroma] = [width * height, half[0] * half[1]];
    const data = new Uint8Array(luma + 2 * chroma);
    data.fill(flash ? WHITE : 125, 0, luma);
    this.#fill(data, 0, width, [xs[0], xs[12]], [ys[0], ys[8]], WHITE);
    this.#fill(data, 0, width, [xs[1], xs[11]], [ys[1], ys[7]], BLACK);
    for (const plane of [0, 1]) {
      const start = luma + plane * chroma;
      data.fill(flash ? 128 : Math.round(hue[plane]), start, start + chroma);
      const halved = (edge) => edge >> 1;
      this.#fill(data, start, half[0], [xs[0], xs[12]].map(halved), [ys[0], ys[8]].map(halved), 128);
    }
    return data;
  }

  #fill(data, start, stride, [left, right], [top, bottom], value) {
    for (let y = top; y < bottom; y++) data.fill(value, start + y * stride + left, start + y * stride + right);
  }

  /** The frame with this counter, `timestamp` in microseconds. */
  draw(counter, timestamp) {
    const { width, height, xs, ys } = this;
    const data = this.backgrounds[counter % this.fps < FLASH_FRAMES ? 1 : 0];
    for (let i = 0; i < 32; i++) {
      const [column, row] = [2 + (i % 8), 2 + (i >> 3)];
      const value = cell(this.participant, counter, i) ? WHITE : BLACK;
      this.#fill(data, 0, width, [xs[column], xs[column + 1]], [ys[row], ys[row + 1]], value);
    }
    return new VideoFrame(data, { format: "I420", codedWidth: width, codedHeight: height, timestamp });
  }
}

/** One second of the participant's sound; every second is the same. */
export function secondOfSound(participant) {
  const tone = 500 + 300 * (participant % 16);
  const [beep, fade] = [BEEP_SECONDS * RATE, RATE / 200];
  return Float32Array.from({ length: RATE }, (_, i) => {
    const faded = BEEP + ((HUM - BEEP) * (i - beep)) / fade;
    const level = i < beep ? BEEP : i < beep + fade ? faded : HUM;
    return Math.sin((2 * Math.PI * tone * i) / RATE) * level;
  });
}
