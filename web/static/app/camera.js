// The camera and its decoder, which is fetched only when scanning starts. Tells every text it reads, once in a while.
import { N_ } from "./texts.js";

const AGAIN = 2_500; // milliseconds before the same code is told once more
const WIDEST = 1280; // pixels: wider pictures are read no better, only slower
let worker;
let asked = 0;
const answers = new Map();

function decoder() {
  if (!worker) {
    worker = new Worker("/static/app/decoder.js");
    worker.onmessage = ({ data }) => {
      answers.get(data.id)?.(data);
      answers.delete(data.id);
    };
  }
  return worker;
}

export function decode(picture, thorough = false) {
  const id = ++asked;
  return new Promise((resolve) => {
    answers.set(id, resolve);
    decoder().postMessage({ id, picture, thorough }, picture instanceof ImageData ? [picture.data.buffer] : []);
  });
}

// Why there is no picture, as a sentence that says what to do.
const WHY = {
  NotAllowedError: N_(
    "The camera is not allowed. Tap the lock beside the address, allow the camera, and come back; or type the code below.",
  ),
  NotFoundError: N_("This device has no camera. Type the code, use a hand-held scanner, or choose a photo."),
  NotReadableError: N_("Another app is using the camera. Close it and try again."),
  insecure: N_("The camera works only on a secure (https) address. Type the code, or choose a photo."),
};

export class Camera {
  constructor(video, tell) {
    this.video = video;
    this.tell = tell;
    this.last = new Map();
    this.canvas = document.createElement("canvas");
  }

  // Resolves to undefined, or to the id of a sentence that says why there is no picture.
  async start() {
    if (!navigator.mediaDevices?.getUserMedia) return WHY.insecure;
    decoder();
    try {
      const wanted = { facingMode: { ideal: "environment" }, width: { ideal: WIDEST }, height: { ideal: 720 } };
      this.stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    } catch (error) {
      return WHY[error.name] ?? WHY.NotReadableError;
    }
    if (this.stopped) return this.stop();
    this.video.srcObject = this.stream;
    await this.video.play().catch(() => {});
    this.watch();
    return undefined;
  }

  stop() {
    this.stopped = true;
    for (const track of this.stream?.getTracks() ?? []) track.stop();
  }

  get track() {
    return this.stream?.getVideoTracks()[0];
  }
  get hasTorch() {
    return Boolean(this.track?.getCapabilities?.().torch);
  }
  async torch(on) {
    await this.track?.applyConstraints({ advanced: [{ torch: on }] });
  }

  async watch() {
    while (!this.stopped) {
      const { videoWidth: width, videoHeight: height } = this.video;
      if (width && this.video.readyState >= 2) {
        const scale = Math.min(1, WIDEST / width);
        this.canvas.width = Math.round(width * scale);
        this.canvas.height = Math.round(height * scale);
        const context = this.canvas.getContext("2d", { willReadFrequently: true });
        context.drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
        const { texts } = await decode(context.getImageData(0, 0, this.canvas.width, this.canvas.height));
        for (const text of texts) this.saw(text);
      }
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  }

  saw(text) {
    const now = Date.now();
    const before = this.last.get(text) ?? 0;
    this.last.set(text, now);
    if (now - before > AGAIN && !this.stopped) this.tell(text);
  }
}

let sound;
// A beep and a short shake: eyes stay on the shelf.
export function beep(good = true) {
  navigator.vibrate?.(good ? 60 : [60, 60, 120]);
  try {
    sound ??= new AudioContext();
    const tone = sound.createOscillator();
    const volume = sound.createGain();
    tone.frequency.value = good ? 1320 : 330;
    volume.gain.value = 0.08;
    tone.connect(volume).connect(sound.destination);
    tone.start();
    tone.stop(sound.currentTime + (good ? 0.09 : 0.25));
  } catch {
    // no sound on this device: the shake and the list must do
  }
}
