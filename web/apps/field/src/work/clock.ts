/**
 * The server's time as this phone knows it: phones' clocks are wrong, and a demo has its own.
 *
 * The difference is kept, so that what is entered without network still has the right time.
 */
import { ref } from "vue";
import { getTime } from "../calls";

const KEPT = "gridpass.field.ahead_ms";
const SHOWN_EVERY_MS = 20_000;
const ahead_ms = ref(Number(localStorage.getItem(KEPT) ?? 0) || 0);

/** Now, by the server. */
export const now_ms = (): number => Date.now() + ahead_ms.value;

/** The same for screens: moves on by itself, and at once when the server's time is learnt. */
export const shown_ms = ref(now_ms());

/** To the second, for clocks that run. */
export const second_ms = ref(now_ms());
setInterval(() => {
  second_ms.value = now_ms();
  if (Math.abs(second_ms.value - shown_ms.value) >= SHOWN_EVERY_MS) shown_ms.value = second_ms.value;
}, 1000);

/** Now, as the API takes it. */
export const nowText = (): string => new Date(now_ms()).toISOString();

/** Learns from an answer that carries the server's time. */
export function learnTime(server: string): void {
  ahead_ms.value = Date.parse(server) - Date.now();
  localStorage.setItem(KEPT, String(ahead_ms.value));
  shown_ms.value = second_ms.value = now_ms();
}

let asked: Promise<void> | null = null;

/** Asks for the server's time once; without network what was kept counts. */
export function clockReady(): Promise<void> {
  asked ??= getTime()
    .then(({ now }) => learnTime(now))
    .catch(() => {
      asked = null;
    });
  return asked;
}
