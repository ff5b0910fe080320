/**
 * The camera as a stream of texts.
 *
 * The browser's own detector is used where there is one; else the zxing decoder is loaded, a
 * WebAssembly file of ours, only now and only here.
 */
import wasmUrl from "zxing-wasm/reader/zxing_reader.wasm?url";

type Detect = (video: HTMLVideoElement) => Promise<string | null>;

interface NativeDetector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}
type NativeDetectorClass = {
  new (options: { formats: string[] }): NativeDetector;
  getSupportedFormats(): Promise<string[]>;
};

const LOOK_EVERY_MS = 120;
const SIDE_PX_MAX = 960;

async function nativeDetect(): Promise<Detect | null> {
  const Native = (globalThis as { BarcodeDetector?: NativeDetectorClass }).BarcodeDetector;
  if (!Native || !(await Native.getSupportedFormats()).includes("qr_code")) return null;
  const detector = new Native({ formats: ["qr_code"] });
  return async (video) => (await detector.detect(video))[0]?.rawValue ?? null;
}

async function wasmDetect(): Promise<Detect> {
  const { prepareZXingModule, readBarcodes } = await import("zxing-wasm/reader");
  await prepareZXingModule({ overrides: { locateFile: () => wasmUrl }, fireImmediately: true });
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return async (video) => {
    const scale = Math.min(1, SIDE_PX_MAX / Math.max(video.videoWidth, video.videoHeight));
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    if (!context || canvas.width === 0) return null;
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const frame = context.getImageData(0, 0, canvas.width, canvas.height);
    const found = await readBarcodes(frame, { formats: ["QRCode"], maxNumberOfSymbols: 1 });
    return found[0]?.isValid ? found[0].text : null;
  };
}

export type CameraProblem = "camera_denied" | "camera_none";

/** Why the camera could not be opened. */
export function cameraProblem(error: unknown): CameraProblem {
  return error instanceof DOMException && error.name === "NotAllowedError" ? "camera_denied" : "camera_none";
}

/** An open camera. */
export interface Camera {
  stop(): void;
  /** Turns the lamp on or off; null where there is none. */
  torch: ((on: boolean) => Promise<void>) | null;
}

/** The lamp beside the lens, where the browser offers it. */
function torchOf(track: MediaStreamTrack | undefined): Camera["torch"] {
  const offered = track?.getCapabilities?.() as { torch?: boolean } | undefined;
  if (!track || !offered?.torch) return null;
  return (on) => track.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] });
}

/** Opens the camera into a video element and looks for codes until stopped. */
export async function openCamera(video: HTMLVideoElement, onText: (text: string) => void): Promise<Camera> {
  if (!navigator.mediaDevices) throw new Error("no camera outside a secure context");
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } },
  });
  video.srcObject = stream;
  await video.play();
  const detect = (await nativeDetect()) ?? (await wasmDetect());
  let stopped = false;
  const look = async (): Promise<void> => {
    while (!stopped) {
      const text = await detect(video).catch(() => null);
      if (text && !stopped) onText(text);
      await new Promise((wake) => setTimeout(wake, LOOK_EVERY_MS));
    }
  };
  void look();
  const stop = (): void => {
    stopped = true;
    for (const track of stream.getTracks()) track.stop();
  };
  return { stop, torch: torchOf(stream.getVideoTracks()[0]) };
}
