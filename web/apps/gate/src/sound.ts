/** Three sounds a guard tells apart without looking, and the same in the hand. */
import type { Action } from "@gridpass/api";

let audio: AudioContext | null = null;

/** Browsers let a page sound only after a touch; the first one opens the way. */
export function unlockSound(): void {
  audio ??= new AudioContext();
  void audio.resume();
}

function tone(wave: OscillatorType, hertz: number, start_s: number, length_s: number): void {
  if (!audio) return;
  const at = audio.currentTime + start_s;
  const oscillator = new OscillatorNode(audio, { type: wave, frequency: hertz });
  const volume = new GainNode(audio, { gain: 0 });
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.5, at + 0.01);
  volume.gain.setValueAtTime(0.5, at + length_s - 0.03);
  volume.gain.linearRampToValueAtTime(0, at + length_s);
  oscillator.connect(volume).connect(audio.destination);
  oscillator.start(at);
  oscillator.stop(at + length_s);
}

const TUNES: Record<Action, () => void> = {
  pass: () => {
    tone("sine", 880, 0, 0.12);
    tone("sine", 1320, 0.12, 0.2);
  },
  check: () => {
    tone("triangle", 660, 0, 0.16);
    tone("triangle", 660, 0.24, 0.16);
  },
  stop: () => {
    for (const start_s of [0, 0.3, 0.6]) tone("square", 196, start_s, 0.22);
  },
};

const BUZZES: Record<Action, number[]> = {
  pass: [60],
  check: [120, 80, 120],
  stop: [400, 120, 400, 120, 400],
};

/** Sounds and shakes for an answer. */
export function announce(action: Action): void {
  TUNES[action]();
  navigator.vibrate?.(BUZZES[action]);
}

/** One low blip: what a device typed was not taken. */
export function decline(): void {
  tone("square", 150, 0, 0.18);
  navigator.vibrate?.(200);
}
