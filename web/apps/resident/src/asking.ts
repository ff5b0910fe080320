/** Asking the server from a page: what is loaded, what is sent, and refusals in the reader's words. */
import { Problem } from "@gridpass/kit/problem";
import { load, type Loaded } from "@gridpass/ui/loaded";
import { reactive } from "vue";
import { lose } from "./holder";
import { t, words } from "./words";

/** What a refusal says. Somebody whose pass moved away is shown the way back. */
export function refusal(error: unknown): string {
  if (!(error instanceof Problem)) return t("unreachable");
  if (error.body.status === 401) lose();
  // Somebody on this phone who is not in the holder's care.
  if (error.body.code === "person_unknown") return t("data_theirs");
  const said = (error.body.fields ?? []).map(({ message, message_zh }) => words.say(message_zh, message));
  return said.length > 0 ? said.join(words.say("；", "; ")) : words.say(error.text("zh-CN"), error.text("en"));
}

/** Reads at once; what was there stays on show while it is read again. */
export const useLoaded = <T>(read: () => Promise<T>): Loaded<T> => load(read, refusal);

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
