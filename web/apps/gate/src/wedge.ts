/**
 * A hand scanner or card reader that types.
 *
 * Such devices are keyboards: characters in quick succession, then Enter. They are told from a
 * person by speed, and listened to everywhere except inside a field somebody is typing in. On an open
 * keypad what a hand could have typed there is left to it; what only a device types is taken, so
 * that the keypad makes no number of the digits in a code.
 */
import { reactive } from "vue";

const PAUSE_MS_MAX = 500;
const CHARACTERS_MIN = 4;
/** A serial or three digits of a temperature: longer is a document number, the same to both. */
const KEYED = /^[\dX]{0,14}$/i;

/** How many lines were taken: an open sheet closes with each. */
export const wedge = reactive({ lines: 0 });

/** Calls back with each line typed by a machine while it is wanted. Returns what stops the listening. */
export function listenToWedge(wanted: () => boolean, onLine: (text: string) => void): () => void {
  let line = "";
  let last_ms = 0;
  /** The sheet that the last key went to; what is typed on goes to the same. */
  let before: Element | null = null;
  const onKey = (event: KeyboardEvent): void => {
    const on = event.target instanceof Element ? event.target : null;
    const typing = on?.closest("input") != null;
    const sheet = on?.closest("dialog") ?? null;
    if (!wanted() || sheet !== before) line = "";
    before = sheet;
    const keyed = sheet?.matches("[data-keypad]") === true && KEYED.test(line);
    if (!wanted() || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.timeStamp - last_ms > PAUSE_MS_MAX) line = "";
    last_ms = event.timeStamp;
    if (event.key === "Enter") {
      if (line.length >= CHARACTERS_MIN && !keyed) {
        event.preventDefault();
        event.stopPropagation();
        wedge.lines++;
        onLine(line);
      }
      line = "";
    } else if (event.key.length === 1) {
      // A space would press the focused button.
      if (line.length > 0) event.preventDefault();
      line += event.key;
    }
  };
  addEventListener("keydown", onKey, { capture: true });
  return () => removeEventListener("keydown", onKey, { capture: true });
}
