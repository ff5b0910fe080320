/** What became of the last few people here, without their names: for a device that stands at a lane. */
import type { Direction } from "@gridpass/api";
import { reactive } from "vue";
import { now_ms } from "./device";
import { whenLocked } from "./vault";

const KEPT_MAX = 6;

export interface Recent {
  key: number;
  at_ms: number;
  shown: "pass" | "check" | "stop" | "held";
  direction: Direction;
}

export const recent = reactive({ last: [] as Recent[] });

whenLocked(() => (recent.last = []));

let before = { person_id: 0, at: "" };
let key = 0;

/** Notes an answer; what follows of the same person's scan takes its place. */
export function note(who: { person_id: number; at: string }, shown: Recent["shown"], direction: Direction): void {
  const same = who.at === before.at || (who.person_id > 0 && who.person_id === before.person_id);
  before = { person_id: who.person_id, at: who.at };
  const rest = same ? recent.last.slice(1) : recent.last;
  recent.last = [{ key: ++key, at_ms: now_ms(), shown, direction }, ...rest].slice(0, KEPT_MAX);
}
