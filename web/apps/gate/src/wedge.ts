/**
 * A hand scanner or card reader that types.
 *
 * Such devices are keyboards: characters in quick succession, then Enter. They are told from a
 * person by speed, and listened to everywhere except inside a field or keypad somebody is typing in.
 */
const PAUSE_MS_MAX = 500;
const CHARACTERS_MIN = 4;

/** Calls back with each line typed by a machine while it is wanted. Returns what stops the listening. */
export function listenToWedge(wanted: () => boolean, onLine: (text: string) => void): () => void {
  let line = "";
  let last_ms = 0;
  const onKey = (event: KeyboardEvent): void => {
    const typing = event.target instanceof Element && event.target.closest("input, dialog") !== null;
    if (!wanted()) line = "";
    if (!wanted() || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.timeStamp - last_ms > PAUSE_MS_MAX) line = "";
    last_ms = event.timeStamp;
    if (event.key === "Enter") {
      if (line.length >= CHARACTERS_MIN) {
        event.preventDefault();
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
