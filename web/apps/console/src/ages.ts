/** A clock the page watches, and ages in words. */
import { ageOf } from "@gridpass/kit/age";
import { ref } from "vue";
import { type Key, t } from "./words";

export const now_ms = ref(Date.now());
setInterval(() => {
  now_ms.value = Date.now();
}, 1000);

/** `3 分钟前` for a time of the server. */
export function ago(at: string): string {
  const { unit, count } = ageOf(now_ms.value - Date.parse(at));
  return t(`ago_${unit}` as Key, { count });
}

/** Words for numbers that are too old to pass for live, or null. */
export function staleness(heard_ms: number): string | null {
  const { unit, count } = ageOf(now_ms.value - heard_ms);
  return unit === "now" ? null : t(`stale_${unit}` as Key, { count });
}
