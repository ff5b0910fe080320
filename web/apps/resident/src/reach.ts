/** Whether the server answers, and what was read last for when it does not. */
import { Unreachable } from "@gridpass/kit/problem";
import { keep, kept } from "@gridpass/kit/store";
import type { Loaded } from "@gridpass/ui/loaded";
import { type Ref, ref } from "vue";
import { useLoaded } from "./asking";
import { holder, WHY } from "./holder";

/** Whether the server answered when last asked. */
export const reachable = ref(true);

/** Notes whether somebody answered; a refusal is an answer. */
export async function noting<T>(work: Promise<T>): Promise<T> {
  try {
    const answer = await work;
    reachable.value = true;
    return answer;
  } catch (error) {
    reachable.value = !(error instanceof Unreachable);
    throw error;
  }
}

interface Last<T> {
  /** Whose phone it was. */
  serial: number;
  at_ms: number;
  value: T;
}

export interface Kept<T> {
  loaded: Loaded<T>;
  /** When what is on show was read, if nobody answers now. */
  read_ms: Ref<number | null>;
}

/** As `useLoaded`: what is read is kept on this phone, and on show again when nobody answers. */
export function useKeptWhy<T>(read: () => Promise<T>): Kept<T> {
  const read_ms = ref<number | null>(null);
  const loaded = useLoaded(async () => {
    const serial = holder.value?.pass.pass_serial ?? 0;
    try {
      const value = await read();
      await keep(WHY, { serial, at_ms: Date.now(), value } satisfies Last<T>);
      read_ms.value = null;
      return value;
    } catch (error) {
      const last = error instanceof Unreachable ? await kept<Last<T>>(WHY) : undefined;
      if (last?.serial !== serial) throw error;
      read_ms.value = last.at_ms;
      return last.value;
    }
  });
  return { loaded, read_ms };
}
