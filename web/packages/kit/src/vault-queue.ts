/**
 * A queue in a vault: kept in order, sealed, uploaded exactly once.
 *
 * To upload, *claim* the oldest items. A claim has a key and is written down before anything is
 * sent; until it is settled, every claim answers with the same key and the same items, also after a
 * lost answer or a restart. The server takes a key once, so an upload that is repeated counts once.
 * Settling removes claim and items together.
 */
import { seal, type Sealed, unseal } from "./vault-seal";
import { type Change, type Shelf, Taken } from "./vault-shelf";

/** What is being uploaded, under a key of its own. */
export interface Claim<T, Key = string> {
  key: Key;
  items: T[];
}

export interface Queue<T> {
  /** Appends; safe once this has resolved. */
  add(item: T): Promise<void>;
  count(): Promise<number>;
  /** The oldest items, without claiming them. */
  list(max: number): Promise<T[]>;
  /** What to upload now: the claim that is open, or a new one of the oldest items. */
  claim<Key extends string | number>(max: number, makeKey: () => Key): Promise<Claim<T, Key> | undefined>;
  /** The server has it: claim and items go. */
  settle(key: string | number): Promise<void>;
}

/** An open claim as it is written down: its key and the names of its items. */
interface Written {
  key: string | number;
  names: string[];
}

const DIGITS = 12;

/** A queue of this name on a vault's shelf. */
export function createQueue<T>(shelf: Shelf, queue: string, key: () => CryptoKey): Queue<T> {
  const prefix = `queue/${queue}/`;
  const claimName = `claim/${queue}`;
  const sealed = async (name: string, value: unknown): Promise<Sealed> =>
    seal(key(), name, new TextEncoder().encode(JSON.stringify(value)));
  const opened = async <V>(name: string, value: unknown): Promise<V> =>
    JSON.parse(new TextDecoder().decode(await unseal(key(), name, value as Sealed))) as V;

  async function add(item: T): Promise<void> {
    for (;;) {
      const last = await shelf.last(prefix);
      const number = last === undefined ? 1 : Number(last.slice(prefix.length)) + 1;
      const name = prefix + String(number).padStart(DIGITS, "0");
      try {
        return await shelf.apply([{ op: "add", name, value: await sealed(name, item) }]);
      } catch (error) {
        // Another page took the number first: the next one.
        if (!(error instanceof Taken)) throw error;
      }
    }
  }

  async function written(): Promise<Written | undefined> {
    const value = await shelf.get(claimName);
    return value === undefined ? undefined : opened<Written>(claimName, value);
  }

  async function claim<Key extends string | number>(
    max: number,
    makeKey: () => Key,
  ): Promise<Claim<T, Key> | undefined> {
    let open = await written();
    if (!open) {
      const oldest = await shelf.list(prefix, max);
      if (oldest.length === 0) return undefined;
      open = { key: makeKey(), names: oldest.map(([name]) => name) };
      try {
        await shelf.apply([{ op: "add", name: claimName, value: await sealed(claimName, open) }]);
      } catch (error) {
        if (!(error instanceof Taken)) throw error;
        return claim(max, makeKey);
      }
    }
    const items = await Promise.all(
      open.names.map(async (name) => opened<T>(name, await shelf.get(name))),
    );
    return { key: open.key as Key, items };
  }

  async function settle(settled: string | number): Promise<void> {
    const open = await written();
    if (open?.key !== settled) return;
    const gone: Change[] = [claimName, ...open.names].map((name) => ({ op: "delete", name }));
    await shelf.apply(gone);
  }

  return {
    add,
    count: () => shelf.count(prefix),
    list: async (max) => {
      const rows = await shelf.list(prefix, max);
      return Promise.all(rows.map(([name, value]) => opened<T>(name, value)));
    },
    claim,
    settle,
  };
}
