/** A short word to the guard over whatever page is up: why what a reader typed was not taken, what was written down by itself. */
import { reactive } from "vue";
import { decline } from "./sound";

const SHOWN_MS = 5_000;

export const notice = reactive({ text: "" });

let hiding = 0;

/** Says what was done without being asked. */
export function tell(text: string): void {
  clearTimeout(hiding);
  notice.text = text;
  hiding = window.setTimeout(unsay, SHOWN_MS);
}

/** Says why not, with the sound of "not now". */
export function say(text: string): void {
  tell(text);
  decline();
}

/** Whatever the guard does next, it has been read. */
export function unsay(): void {
  clearTimeout(hiding);
  notice.text = "";
}
