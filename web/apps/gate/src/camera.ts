/** The camera as a stream of texts. */
import { openReader } from "@gridpass/kit/reader";

const LOOK_EVERY_MS = 120;

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
  const detect = await openReader();
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
