/** What this device tells its supervisor of itself with each sign of life: how old it is, what it still holds. */
import { outbox } from "./outbox";
import { snapshot } from "./snapshot";

const ENTRY = /assets\/index-([\w-]+)\.js/;

/** This build, by the fingerprint in the name of its own file. */
const version = ENTRY.exec(document.querySelector<HTMLScriptElement>("script[src]")?.src ?? "")?.[1] ?? "dev";

export const report = (): Record<string, string> => ({
  app_version: version,
  waiting: String(outbox.waiting),
  ...(snapshot.as_of_ms > 0 && { snapshot_as_of: new Date(snapshot.as_of_ms).toISOString() }),
});
