/** One thing asked of the server at a time: busy while it lasts, and the refusal in words after it. */
import { Problem } from "@gridpass/kit/problem";
import { reactive } from "vue";
import { setSession } from "./session";
import { t, words } from "./words";

export interface Asking {
  busy: boolean;
  /** The refusal in the reader's language, or empty. */
  refused: string;
  /** Asks; answers whether it was done. */
  ask(work: () => Promise<unknown>): Promise<boolean>;
}

/** What a refusal says: the words of its fields where there are some. */
export function refusal(error: unknown): string {
  if (!(error instanceof Problem)) return t("unreachable");
  const fields = error.body.fields ?? [];
  const said = fields.map((field) => (words.language === "zh-CN" ? field.message_zh : field.message));
  return said.length > 0 ? said.join(words.language === "zh-CN" ? "；" : "; ") : error.text(words.language);
}

/** Of every page: an ended session goes back to the sign-in page. */
export function ended(error: unknown): boolean {
  const is = error instanceof Problem && error.body.status === 401;
  if (is) setSession(null);
  return is;
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
        if (!ended(error)) asking.refused = refusal(error);
        return false;
      } finally {
        asking.busy = false;
      }
    },
  });
  return asking;
}
