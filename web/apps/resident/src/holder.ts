/** Who holds this phone's pass: what the pass itself keeps in the same drawer. */
import type { PassView } from "@gridpass/api";
import { forget, kept } from "@gridpass/kit/store";
import { shallowRef } from "vue";

export interface KeptHolder {
  token: string;
  pass: PassView;
}

/** Null on a phone that shows no pass, or shows it no more. */
export const holder = shallowRef<KeptHolder | null>(null);

/** Server's clock minus the phone's, as the pass found it when it last got a credential. */
let skew_ms = 0;

export async function load(): Promise<void> {
  const [found, credential] = await Promise.all([kept<KeptHolder>("holder"), kept<{ skew_ms: number }>("credential")]);
  holder.value = found ?? null;
  skew_ms = credential?.skew_ms ?? 0;
}

/** The server's time now, as well as the phone knows it: clocks of old phones are wrong. */
export const serverNow = (): number => Date.now() + skew_ms;

/** Under this name lies, beside the pass, why it has its colour. */
export const WHY = "last.why";

/** The pass is another phone's now: what was read of it is nobody's business here. */
export function lose(): void {
  holder.value = null;
  void forget(WHY);
}

export const token = (): string => holder.value?.token ?? "";

/** The holder and everybody on the phone, by name and serial. */
export function everybody(): { serial: number; name: string }[] {
  const pass = holder.value?.pass;
  if (!pass) return [];
  return [pass, ...pass.dependants].map(({ pass_serial, name }) => ({ serial: pass_serial, name }));
}

/** Null for the holder's own pass: the server then needs no serial. */
export const serialOrOwn = (serial: number): number | null =>
  serial === holder.value?.pass.pass_serial ? null : serial;
