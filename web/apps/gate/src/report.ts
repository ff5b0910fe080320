/** What this device tells its supervisor about itself: that it is there, how old it is, what it still holds. */
import { Problem, Unreachable } from "@gridpass/kit/problem";
import { reportDevice } from "./calls";
import { device } from "./device";
import { outbox } from "./outbox";
import { snapshot } from "./snapshot";

const AGAIN_MS = 60_000;
const ENTRY = /assets\/index-([\w-]+)\.js/;

/** This build, by the fingerprint in the name of its own file. */
const version = ENTRY.exec(document.querySelector<HTMLScriptElement>("script[src]")?.src ?? "")?.[1] ?? "dev";

let said = { waiting: -1, at_ms: 0 };

/** Says so once a minute, and at once when the queue has changed. */
export async function report(): Promise<void> {
  const { waiting } = outbox;
  if (waiting === said.waiting && Date.now() - said.at_ms < AGAIN_MS) return;
  const as_of = snapshot.as_of_ms === 0 ? {} : { snapshot_as_of: new Date(snapshot.as_of_ms).toISOString() };
  try {
    await reportDevice(device.token, { app_version: version, waiting, ...as_of });
    said = { waiting, at_ms: Date.now() };
  } catch (error) {
    // Nothing depends on it; the next heartbeat says it again.
    if (!(error instanceof Problem || error instanceof Unreachable)) throw error;
  }
}
