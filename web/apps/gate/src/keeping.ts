/**
 * Whom the guard has before them, sealed for a page that the phone throws away to save battery: the
 * group, somebody stopped or to be checked, a stranger with a fever, an entry half written.
 *
 * Shown again after the PIN, to the same guard and for ten minutes; gone with the next person, at a
 * hand-over, and with everything else the device keeps.
 */
import { Locked } from "@gridpass/kit/vault";
import { watch } from "vue";
import { clear, hasFever, isHot, type Member, own, scanning } from "./before";
import { now_ms } from "./device";
import { tell } from "./notice";
import { entry, isUnfinished, writeFever, writeStranger } from "./register";
import { loadHolder } from "./scanning";
import { shift, whenHandedOver } from "./shift";
import { vault } from "./vault";
import { isFresh } from "./whose";
import { t } from "./words";

const NAME = "before_guard";
/** What of the screen is kept; face and name are looked up again. */
const SHOWN = ["direction", "decision", "shown", "failure", "refused", "offline", "untold", "measured", "another", "group"] as const;

type Screen = Pick<typeof scanning, (typeof SHOWN)[number]>;

interface Kept extends Screen {
  at_ms: number;
  guard: string;
  state: "ready" | "decided" | "failed";
  pending: typeof own.pending;
  code: string;
  /** Places in the group; -1 for nobody. */
  member: number;
  standing: number;
  /** What is being written down; null for nothing. */
  entry: typeof entry | null;
}

/** Whether the answer on the screen waits for the guard's hand. */
function waits(): boolean {
  const { state, shown } = scanning;
  return state === "checking" || (state === "decided" && shown !== "pass") || (state === "failed" && hasFever(scanning));
}

/** What there is to keep; null for nothing. */
function unfinished(): Kept | null {
  const open = waits();
  if (!open && !scanning.group && !isUnfinished()) return null;
  const screen = Object.fromEntries(SHOWN.map((name) => [name, scanning[name]])) as unknown as Screen;
  const place = (one: Member | null): number => (one ? (scanning.group?.indexOf(one) ?? -1) : -1);
  return {
    ...screen,
    at_ms: now_ms(),
    guard: shift.guard,
    // A check is begun anew: what was ticked was not said yet.
    state: !open ? "ready" : scanning.state === "failed" ? "failed" : "decided",
    pending: own.pending,
    code: own.last.code,
    member: place(own.member),
    standing: place(own.standing),
    entry: isUnfinished() ? { ...entry } : null,
  };
}

/** Writes follow one another, so that the last one stays; one that failed does not hold up the next. */
let writing: Promise<void> = Promise.resolve();

async function write(): Promise<void> {
  // Asked again meanwhile, what is kept of them still holds.
  if (!vault.open || shift.stage !== "on" || scanning.state === "asking") return;
  const kept = unfinished();
  try {
    await (kept ? vault.put(NAME, kept) : vault.remove(NAME));
  } catch (error) {
    if (!(error instanceof Locked)) throw error;
  }
}

/** Keeps whoever is before the guard from here on. */
export function watchBefore(): void {
  watch(
    [scanning, entry],
    () => {
      writing = writing.then(write, write);
    },
    { deep: true },
  );
}

whenHandedOver(() => vault.remove(NAME));

/** Shows again who was before the guard; a stranger's fever that came too late for that is written down. */
export async function openBefore(): Promise<"scan" | "register"> {
  const kept = await vault.get<Kept>(NAME);
  if (!kept || scanning.state !== "ready" || scanning.group) return "scan";
  if (!isFresh(kept, shift.guard, now_ms())) {
    await vault.remove(NAME);
    await writeLate(kept);
    return "scan";
  }
  show(kept);
  tell(t("going_on"));
  return kept.entry ? "register" : "scan";
}

async function writeLate({ state, pending, measured, entry: written, direction, at_ms }: Kept): Promise<void> {
  if (written) await writeFever(written, direction, at_ms);
  else if (state === "failed" && pending && measured !== null && isHot(measured)) await writeStranger(pending, measured);
}

function show(kept: Kept): void {
  clear();
  own.turn++;
  own.pending = kept.pending;
  own.last = { code: kept.code, seen_ms: 0 };
  for (const name of SHOWN) Object.assign(scanning, { [name]: kept[name] });
  scanning.state = kept.state;
  own.member = scanning.group?.[kept.member] ?? null;
  own.standing = scanning.group?.[kept.standing] ?? null;
  if (kept.entry) Object.assign(entry, kept.entry);
  const { decision, offline } = scanning;
  if (kept.state === "decided" && decision && !offline) void loadHolder(decision.person_id);
}
