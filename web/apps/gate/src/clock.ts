/** What time it is, by the server's clock, for what counts down on the screen. */
import { onBeforeUnmount, type Ref, ref } from "vue";
import { now_ms } from "./device";

const TICK_MS = 5_000;

/** The time now, as long as a component shows it. */
export function useClock(): Ref<number> {
  const clock_ms = ref(now_ms());
  const timer = setInterval(() => (clock_ms.value = now_ms()), TICK_MS);
  onBeforeUnmount(() => clearInterval(timer));
  return clock_ms;
}
