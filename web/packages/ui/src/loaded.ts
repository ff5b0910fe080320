/** Something read from the server for a part of a page: not there yet, there, or refused. */
import { shallowReactive } from "vue";

export interface Loaded<T> {
  value: T | null;
  /** The refusal in the reader's language, or empty. */
  refused: string;
  /** Reads again; what was there stays on show meanwhile. */
  again(): Promise<void>;
}

/**
 * Reads at once; what is read is shown whole or not at all. `said` puts a refusal into words, or
 * answers null where the page goes elsewhere anyhow.
 */
export function load<T>(read: () => Promise<T>, said: (error: unknown) => string | null): Loaded<T> {
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
        const refused = said(error);
        if (refused !== null && mine === turn) loaded.refused = refused;
      }
    },
  });
  void loaded.again();
  return loaded;
}
