/** Whose token a call shows, and what is done when the server says that the shift is over. */
import { Problem } from "@gridpass/kit/problem";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { actFor, addRegisterEntries, getGateBoard, listRecalls, SHIFT_NEEDED, whenShiftOver } from "../src/calls";

const DEVICE = "gpd1.7.device";
const SHIFT = "gpg1.7.shift";

let asked: string[] = [];
let answers: Response[] = [];
let over = 0;

const said = (status: number, body: unknown): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
const refused = (code: string): Response => said(401, { status: 401, code });

describe("calls of a gate's device", () => {
  beforeEach(() => {
    asked = [];
    over = 0;
    actFor("");
    whenShiftOver(() => {
      over += 1;
    });
    vi.stubGlobal("fetch", (_path: string, { headers }: { headers: Record<string, string> }) => {
      asked.push(headers["authorization"] ?? "");
      return Promise.resolve(answers.shift() ?? said(200, []));
    });
  });
  afterEach(() => vi.unstubAllGlobals());

  test("show the shift's token where people are shown, and the device's own elsewhere", async () => {
    actFor(SHIFT);
    await listRecalls(DEVICE);
    await getGateBoard(DEVICE);
    await addRegisterEntries(DEVICE, []);
    expect(asked).toEqual([`Bearer ${SHIFT}`, `Bearer ${DEVICE}`, `Bearer ${DEVICE}`]);
    actFor("");
    await listRecalls(DEVICE);
    expect(asked.at(-1)).toBe(`Bearer ${DEVICE}`);
  });

  test("say once that the shift is over, and still refuse", async () => {
    actFor(SHIFT);
    answers = [refused(SHIFT_NEEDED)];
    await expect(listRecalls(DEVICE)).rejects.toBeInstanceOf(Problem);
    expect(over).toBe(1);
    answers = [refused("device_revoked")];
    await expect(listRecalls(DEVICE)).rejects.toBeInstanceOf(Problem);
    expect(over).toBe(1);
  });

  test("say nothing of the shift that was before", async () => {
    actFor(SHIFT);
    answers = [refused(SHIFT_NEEDED)];
    const late = listRecalls(DEVICE);
    actFor("gpg1.7.next");
    await expect(late).rejects.toBeInstanceOf(Problem);
    expect(over).toBe(0);
  });
});
