/** Who holds this phone's pass: what the pass itself keeps in the same drawer. */
import type { PassView } from "@gridpass/api";
import { kept } from "@gridpass/kit/store";
import { shallowRef } from "vue";

export interface KeptHolder {
  token: string;
  pass: PassView;
}

/** Null on a phone that shows no pass, or shows it no more. */
export const holder = shallowRef<KeptHolder | null>(null);

export async function load(): Promise<void> {
  holder.value = (await kept<KeptHolder>("holder")) ?? null;
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
