import { expect, test, vi } from "vitest";
import { Locked, openVault, type Vault } from "../src/vault";
import { memoryShelf } from "./memory-shelf";

const GUARD = { worker: "guard-7", secret: "402861" };
const NEXT = { worker: "guard-8", secret: "775310" };
const SERVER = { worker: "server", secret: "given by the server after a sign-in" };
const IDLE_MS = 600_000;

function fixture() {
  const shelf = memoryShelf();
  const clock = { ms: 1_583_452_800_000 };
  const onLock = vi.fn();
  const open = (): Vault =>
    openVault(shelf, { idle_ms: IDLE_MS, onLock, now_ms: () => clock.ms, rounds: 1_000 });
  return { shelf, clock, onLock, open, vault: open() };
}

test("what is kept comes back after a restart, for who knows the secret", async () => {
  const { vault, open } = fixture();
  expect(await vault.exists()).toBe(false);
  await vault.create(GUARD);
  await vault.put("notes", { gate: 17, names: ["甲"] });
  await vault.putBytes("snapshot", Uint8Array.from([1, 2, 3]));

  const restarted = open();
  expect(restarted.open).toBe(false);
  await expect(restarted.get("notes")).rejects.toThrow(Locked);
  expect(await restarted.unlock({ ...GUARD, secret: "402862" })).toEqual({ result: "wrong" });
  expect(await restarted.unlock(NEXT)).toEqual({ result: "unknown" });
  expect(await restarted.unlock(GUARD)).toEqual({ result: "open" });
  expect(await restarted.get("notes")).toEqual({ gate: 17, names: ["甲"] });
  expect([...(await restarted.getBytes("snapshot"))!]).toEqual([1, 2, 3]);
  await restarted.remove("notes");
  expect(await restarted.get("notes")).toBeUndefined();
});

test("nothing on the shelf can be read, and no record be put in another's place", async () => {
  const { vault, shelf } = fixture();
  await vault.create(GUARD);
  await vault.put("one", "a name nobody may read");
  await vault.put("two", "another");
  await vault.queue("scans").add("a name nobody may read");
  const lying = [...shelf.records.values()].map((value) =>
    Object.values(value as object)
      .map((part) => (part instanceof Uint8Array ? new TextDecoder("latin1").decode(part) : String(part)))
      .join(" "),
  );
  expect(lying.join(" ")).not.toMatch(/name nobody|402861/);
  shelf.records.set("record/one", shelf.records.get("record/two"));
  await expect(vault.get("one")).rejects.toThrow();
});

test("it locks by itself, at a hand-over, and not while somebody works", async () => {
  const { vault, clock, onLock } = fixture();
  await vault.create(GUARD);
  clock.ms += IDLE_MS - 1;
  vault.touch();
  clock.ms += IDLE_MS - 1;
  expect(vault.open).toBe(true);
  clock.ms += 1;
  await expect(vault.put("late", 1)).rejects.toThrow(Locked);
  expect(onLock).toHaveBeenCalledOnce();

  await vault.unlock(GUARD);
  vault.lock();
  expect(vault.open).toBe(false);
  expect(onLock).toHaveBeenCalledTimes(2);
  await expect(vault.queue("scans").add(1)).rejects.toThrow(Locked);
});

test("a timer locks it without anybody asking", async () => {
  vi.useFakeTimers();
  const onLock = vi.fn();
  const vault = openVault(memoryShelf(), { idle_ms: 5_000, onLock, rounds: 1_000 });
  await vault.create(GUARD);
  vi.advanceTimersByTime(5_000);
  expect(onLock).toHaveBeenCalledOnce();
  vi.useRealTimers();
});

test("wrong secrets cost a growing wait, a right one clears it", async () => {
  const { vault, clock } = fixture();
  await vault.create(GUARD);
  vault.lock();
  const guess = { ...GUARD, secret: "000000" };
  for (let i = 0; i < 5; i++) expect(await vault.unlock(guess)).toEqual({ result: "wrong" });
  expect(await vault.unlock(GUARD)).toEqual({ result: "wait", until_ms: clock.ms + 30_000 });
  clock.ms += 30_000;
  expect(await vault.unlock(guess)).toEqual({ result: "wrong" });
  expect(await vault.unlock(GUARD)).toEqual({ result: "wait", until_ms: clock.ms + 60_000 });
  clock.ms += 60_000;
  expect(await vault.unlock(GUARD)).toEqual({ result: "open" });
  vault.lock();
  expect(await vault.unlock(guess)).toEqual({ result: "wrong" });
  expect(await vault.unlock(GUARD)).toEqual({ result: "open" });
});

test("who has a slot admits the next; who is dismissed is unknown", async () => {
  const { vault, open } = fixture();
  await vault.create(SERVER);
  await vault.put("left", "by the shift before");
  expect(await vault.admit(NEXT, GUARD)).toBe(false);
  expect(await vault.admit(GUARD, SERVER)).toBe(true);
  expect(await vault.admit(NEXT, { ...GUARD, secret: "1" })).toBe(false);
  expect(await vault.admit(NEXT, GUARD)).toBe(true);

  const later = open();
  expect(await later.knows(NEXT.worker)).toBe(true);
  expect(await later.unlock(NEXT)).toEqual({ result: "open" });
  expect(await later.get("left")).toBe("by the shift before");
  await later.dismiss(GUARD.worker);
  expect(await later.unlock(GUARD)).toEqual({ result: "unknown" });
  await expect(later.create(GUARD)).rejects.toThrow();
});

test("wiping leaves nothing, and a new vault cannot read the old", async () => {
  const { vault, shelf } = fixture();
  await vault.create(GUARD);
  await vault.put("kept", 1);
  const old = new Map(shelf.records);
  await vault.wipe();
  expect(shelf.records.size).toBe(0);
  expect(vault.open).toBe(false);
  await vault.create(GUARD);
  shelf.records.set("record/kept", old.get("record/kept"));
  await expect(vault.get("kept")).rejects.toThrow();
});

test("a queue keeps its order over restarts and uploads each item once", async () => {
  const { vault, open } = fixture();
  await vault.create(GUARD);
  const queue = vault.queue<number>("scans");
  for (let i = 1; i <= 12; i++) await queue.add(i);

  let keys = 0;
  const makeKey = (): number => ++keys;
  const first = await queue.claim(5, makeKey);
  expect(first).toEqual({ key: 1, items: [1, 2, 3, 4, 5] });
  await queue.add(13);

  // The answer got lost and the page was restarted: the same again, byte for byte.
  const restarted = open();
  await restarted.unlock(GUARD);
  const again = restarted.queue<number>("scans");
  expect(await again.claim(500, makeKey)).toEqual(first);
  await again.settle(99);
  expect(await again.count()).toBe(13);
  await again.settle(1);
  await again.settle(1);
  expect(await again.list(2)).toEqual([6, 7]);

  const second = await again.claim(500, makeKey);
  expect(second).toEqual({ key: 2, items: [6, 7, 8, 9, 10, 11, 12, 13] });
  await again.settle(2);
  expect(await again.claim(500, makeKey)).toBeUndefined();
  expect(await again.count()).toBe(0);
  expect(keys).toBe(2);
});

test("two pages at once neither lose nor double an item, and share a claim", async () => {
  const { vault, open } = fixture();
  await vault.create(GUARD);
  const other = open();
  await other.unlock(GUARD);
  const [one, two] = [vault.queue<string>("scans"), other.queue<string>("scans")];
  await Promise.all([..."abcdefgh"].map((item, i) => (i % 2 ? one : two).add(item)));
  expect((await one.list(100)).toSorted().join("")).toBe("abcdefgh");
  let keys = 0;
  const claims = await Promise.all([one, two].map((queue) => queue.claim(3, () => `k${++keys}`)));
  expect(claims[0]).toEqual(claims[1]);
});
