/**
 * Other doors: those that somebody opened although no visit is open there. Kept sealed, the last
 * ones first, so that a phone that threw the page away comes back to them.
 *
 * Without network, or signed out, a typed door is opened as it was typed: nobody is known to live
 * behind it, and a newcomer written down there waits as a send. The key of such a door is below
 * zero until the server has told the right one.
 */
import type { DoorInput, Stop } from "@gridpass/api";
import { Unreachable } from "@gridpass/kit/problem";
import { session } from "@gridpass/staff/session";
import { reactive } from "vue";
import { findStop } from "../calls";
import { drawer } from "./lock";
import { newCallId, sends } from "./sends";
import { work } from "./stops";

const KEPT = "others";
const KEPT_MAX = 20;

/** A door and how it was asked for, so that it can be asked for again. */
export interface OtherDoor {
  stop: Stop;
  by: DoorInput;
}

/** A door as somebody types it. */
export interface TypedDoor {
  enclosure_id: number;
  enclosure_name: string;
  address: string;
}

export const others = reactive({ items: [] as OtherDoor[] });

/** Shows what the drawer holds. */
export async function loadOthers(): Promise<void> {
  others.items = (await drawer().get<OtherDoor[]>(KEPT)) ?? [];
}

export const otherOf = (key: number): OtherDoor | undefined => others.items.find((one) => one.stop.key === key);

/** Whether nobody has told yet who lives behind a door. */
export const isUnknown = (stop: Stop): boolean => stop.key < 0;

async function keep(door: OtherDoor, instead = door.stop.key): Promise<Stop> {
  const rest = others.items.filter(({ stop }) => stop.key !== door.stop.key && stop.key !== instead);
  others.items = [door, ...rest].slice(0, KEPT_MAX);
  await drawer().put(KEPT, others.items);
  return door.stop;
}

const plain = (text: string): string => text.normalize("NFKC").replace(/\s/g, "").toLowerCase();
const isAt = (stop: Stop, { enclosure_id, address }: TypedDoor): boolean =>
  stop.enclosure_id === enclosure_id && plain(stop.door?.text ?? "") === plain(address);

/** The door as it was typed, of which nothing more is known. */
const asTyped = ({ enclosure_id, enclosure_name, address }: TypedDoor): Stop => ({
  key: -newCallId(),
  place_code: "",
  enclosure_id,
  enclosure_name,
  door: { building: "", unit: "", floor: null, room: address, text: address },
  people: [],
});

/** Asks the server; null where nobody answers. */
async function asked(by: DoorInput): Promise<Stop | null> {
  if (!session.token) return null;
  try {
    const stop = await findStop(by);
    sends.online = true;
    return stop;
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    sends.online = false;
    return null;
  }
}

/** Opens a typed door: one of today's, as the server knows it, or as it was typed. */
export async function openTyped(typed: TypedDoor): Promise<Stop> {
  const listed = work.items.find((stop) => isAt(stop, typed));
  if (listed) return listed;
  const by = { enclosure_id: typed.enclosure_id, address: typed.address };
  const found = await asked(by);
  const before = others.items.find(({ stop }) => isAt(stop, typed));
  if (found) return keep({ stop: found, by }, before?.stop.key);
  return before?.stop ?? keep({ stop: asTyped(typed), by });
}

/** Opens the door behind which somebody lives. */
export async function openByPerson(person_id: number): Promise<Stop> {
  const by = { person_id };
  return keep({ stop: await findStop(by), by });
}

/** Asks anew for a door that is on show; answers its key, which is another once the server has told it. */
export async function refreshOther(key: number): Promise<number> {
  const door = otherOf(key);
  const found = door ? await asked(door.by) : null;
  return found && door ? (await keep({ ...door, stop: found }, key)).key : key;
}
