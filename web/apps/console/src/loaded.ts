/** Reading for a part of a page; an ended session goes back to signing in instead of a refusal. */
import { load, type Loaded } from "@gridpass/ui/loaded";
import { ended, refusal } from "./asking";

export type { Loaded };

export const useLoaded = <T>(read: () => Promise<T>): Loaded<T> => load(read, (error) => (ended(error) ? null : refusal(error)));
