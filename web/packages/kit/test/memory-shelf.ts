/** A shelf in memory, for tests: the same promises as the one on a device. */
import { type Change, type Kept, type Shelf, Taken } from "../src/vault-shelf";

export function memoryShelf(records = new Map<string, Kept>()): Shelf & { records: Map<string, Kept> } {
  const names = (prefix: string): string[] =>
    [...records.keys()].filter((name) => name.startsWith(prefix)).toSorted();
  return {
    records,
    get: async (name) => structuredClone(records.get(name)),
    list: async (prefix, max) =>
      names(prefix).slice(0, max).map((name) => [name, structuredClone(records.get(name))]),
    count: async (prefix) => names(prefix).length,
    last: async (prefix) => names(prefix).at(-1),
    apply: async (changes: Change[]) => {
      if (changes.some(({ op, name }) => op === "add" && records.has(name))) throw new Taken();
      for (const change of changes) {
        if (change.op === "delete") records.delete(change.name);
        else records.set(change.name, structuredClone(change.value));
      }
    },
    clear: async () => records.clear(),
  };
}
