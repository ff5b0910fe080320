/** Asking the server from a page: what is loaded, what is sent, and refusals in the reader's words. */
import { Problem } from "@gridpass/kit/problem";
import { reactive, shallowReactive } from "vue";
import { holder } from "./holder";
import { t, words } from "./words";

/** What a refusal says. Somebody whose pass moved away is shown the way back. */
export function refusal(error: unknown): string {
  if (!(error instanceof Problem)) return t("unreachable");
  if (error.body.status === 401) holder.value = null;
  const zh = words.language !== "en";
  const said = (error.body.fields ?? []).map(({ message, message_zh }) => (zh ? message_zh : message));
  return said.length > 0 ? said.join(zh ? "；" : "; ") : error.text(words.language);
}

export interface Loaded<T> {
  value: T | null;
  refused: string;
  again(): Promise<void>;
}

/** Reads at once; what was there stays on show while it is read again. */
export function useLoaded<T>(read: () => Promise<T>): Loaded<T> {
  let turn = 0;
  const loaded = shallowReactive<Loaded<T>>({
    value: null,
    refused: "",
    async again() {
      const mine = ++turn;
      try {
        const value = await read();
        if (mine !== turn) return;
        loaded.value = value;
        loaded.refused = "";
      } catch (error) {
        if (mine === turn) loaded.refused = refusal(error);
      }
    },
  });
  void loaded.again();
  return loaded;
}

export interface Asking {
  busy: boolean;
  refused: string;
  /** Asks; answers whether it was done. */
  ask(work: () => Promise<unknown>): Promise<boolean>;
}

export function useAsking(): Asking {
  const asking = reactive<Asking>({
    busy: false,
    refused: "",
    async ask(work) {
      asking.busy = true;
      asking.refused = "";
      try {
        await work();
        return true;
      } catch (error) {
        asking.refused = refusal(error);
        return false;
      } finally {
        asking.busy = false;
      }
    },
  });
  return asking;
}
