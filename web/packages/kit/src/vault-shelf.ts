/**
 * Where a vault's sealed records lie: named values in order of their names, changed all or none.
 *
 * The one on a device is IndexedDB. Two pages of an app may be open at once, so an `add` of a name
 * that is taken fails instead of writing over it.
 */

/** Anything IndexedDB can keep. */
export type Kept = unknown;

export type Change =
  | { op: "add" | "put"; name: string; value: Kept }
  | { op: "delete"; name: string };

export interface Shelf {
  get(name: string): Promise<Kept>;
  /** The records whose names begin so, in order of their names, at most so many. */
  list(prefix: string, max: number): Promise<[name: string, value: Kept][]>;
  /** How many names begin so. */
  count(prefix: string): Promise<number>;
  /** The last name that begins so. */
  last(prefix: string): Promise<string | undefined>;
  /** Makes all the changes, or none. Rejects with `Taken` if a name to add is there already. */
  apply(changes: Change[]): Promise<void>;
  /** Throws everything away. */
  clear(): Promise<void>;
}

/** A name that was to be added is there already: another page was faster. */
export class Taken extends Error {}

const TABLE = "sealed";
const within = (prefix: string): IDBKeyRange => IDBKeyRange.bound(prefix, `${prefix}\uffff`);

const answer = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function open(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
  return answer(request);
}

/** A shelf in this origin's IndexedDB. */
export function deviceShelf(database: string): Shelf {
  let opened: Promise<IDBDatabase> | null = null;
  const begin = async (mode: IDBTransactionMode): Promise<IDBTransaction> =>
    (await (opened ??= open(database))).transaction(TABLE, mode, { durability: "strict" });
  const table = async (): Promise<IDBObjectStore> => (await begin("readonly")).objectStore(TABLE);

  const list: Shelf["list"] = async (prefix, max) => {
    const from = await table();
    const range = within(prefix);
    const [names, values] = await Promise.all([
      answer(from.getAllKeys(range, max)),
      answer(from.getAll(range, max)),
    ]);
    return names.map((name, i) => [String(name), values[i]]);
  };

  const last: Shelf["last"] = async (prefix) => {
    const cursor = await answer((await table()).openKeyCursor(within(prefix), "prev"));
    return cursor ? String(cursor.key) : undefined;
  };

  const apply: Shelf["apply"] = async (changes) => {
    const tx = await begin("readwrite");
    const to = tx.objectStore(TABLE);
    for (const change of changes) {
      if (change.op === "delete") to.delete(change.name);
      else to[change.op](change.value, change.name);
    }
    await new Promise<void>((resolve, reject) => {
      tx.oncomplete = () => resolve();
      tx.onabort = () => reject(tx.error?.name === "ConstraintError" ? new Taken() : tx.error);
    });
  };

  return {
    get: async (name) => answer((await table()).get(name)),
    list,
    count: async (prefix) => answer((await table()).count(within(prefix))),
    last,
    apply,
    clear: async () => {
      const tx = await begin("readwrite");
      await answer(tx.objectStore(TABLE).clear());
    },
  };
}
