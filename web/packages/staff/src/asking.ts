/** One thing asked of the server at a time: busy while it lasts, and the refusal in words after it. */
import { Problem } from "@gridpass/kit/problem";
import { reactive } from "vue";
import { runOut, session, setSession } from "./session";
import { t, words } from "./words";

export interface Asking {
  busy: boolean;
  /** The refusal in the reader's language, or empty; without what is said at a field. */
  refused: string;
  /** What is wrong with a field that the form shows it at, by the server's name of the field. */
  fields: Record<string, string>;
  /** Asks; answers whether it was done. */
  ask(work: () => Promise<unknown>): Promise<boolean>;
}

interface Fault {
  field: string;
  said: string;
}

function faultsOf(error: unknown): Fault[] {
  const fields = error instanceof Problem ? (error.body.fields ?? []) : [];
  const zh = words.language === "zh-CN";
  return fields.map(({ field, message, message_zh }) => ({ field, said: zh ? message_zh : message }));
}

const joined = (said: string[]): string => said.join(words.language === "zh-CN" ? "；" : "; ");

/** What a refusal says: the words of its fields where there are some. */
export function refusal(error: unknown): string {
  if (!(error instanceof Problem)) return t("unreachable");
  const said = faultsOf(error).map((fault) => fault.said);
  return said.length > 0 ? joined(said) : error.text(words.language);
}

/**
 * Of every page: an ended session goes back to the sign-in page. One whose time ran out leaves an
 * open drawer as it is; one that somebody ended, or whose account was closed, leaves nothing.
 */
export function ended(error: unknown): boolean {
  if (!(error instanceof Problem) || error.body.status !== 401) return false;
  if (error.body.code === "session_revoked") setSession(null);
  else runOut();
  return true;
}

/** `shown` are the fields whose faults the form says at the field. */
export function useAsking(shown: string[] = []): Asking {
  const asking = reactive<Asking>({
    busy: false,
    refused: "",
    fields: {},
    async ask(work) {
      asking.busy = true;
      asking.refused = "";
      asking.fields = {};
      try {
        await work();
        return true;
      } catch (error) {
        if (ended(error)) {
          // The page stays where work goes on under a lock: it says why nothing happened.
          if (session.account) asking.refused = t("signed_out_meanwhile");
          return false;
        }
        const faults = faultsOf(error);
        const here = faults.filter(({ field }) => shown.includes(field));
        const rest = faults.filter(({ field }) => !shown.includes(field));
        asking.fields = Object.fromEntries(here.map(({ field, said }) => [field, said]));
        if (rest.length > 0) asking.refused = joined(rest.map(({ said }) => said));
        else if (here.length === 0) asking.refused = refusal(error);
        return false;
      } finally {
        asking.busy = false;
      }
    },
  });
  return asking;
}
