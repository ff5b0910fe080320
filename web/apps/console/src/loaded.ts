/** Something read from the server for a part of a page: not there yet, there, or refused. */
import { shallowReactive } from "vue";
import { ended, refusal } from "./asking";

export interface Loaded<T> {
  value: T | null;
  /** The refusal in the reader's language, or empty. */
  refused: string;
  /** Reads again; what was there stays on show meanwhile. */
  again(): Promise<void>;
}

/** Reads at once; what is read is shown whole or not at all. */
export function useLoaded<T>(read: () => Promise<T>): Loaded<T> {
  let turn = 0;
  const loaded = shallowReactive<Loaded<T>>({
    value: null,
    refused: "",
    async again() {
      const mine = ++turn;
      try {
        const value = await read();
        // Somebody has asked anew meanwhile, perhaps for something else.
        if (mine !== turn) return;
        loaded.value = value;
        loaded.refused = "";
      } catch (error) {
        if (!ended(error) && mine === turn) loaded.refused = refusal(error);
      }
    },
  });
  void loaded.again();
  return loaded;
}
