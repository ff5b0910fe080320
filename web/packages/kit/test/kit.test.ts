import { expect, test, vi } from "vitest";
import { ageOf, clockTime, districtTimestamp } from "../src/age";
import { createEventParser, RESYNC, type ServerEvent, subscribe } from "../src/events";
import { isAnswer, Problem, Unreachable } from "../src/problem";
import { qrPath } from "../src/qr";
import { fill, preferredLanguage } from "../src/words";

test("ages count down to whole units, and a clock set back is no age", () => {
  expect(ageOf(-5_000)).toEqual({ unit: "now", count: 0 });
  expect(ageOf(59_999)).toEqual({ unit: "now", count: 0 });
  expect(ageOf(180_000)).toEqual({ unit: "minutes", count: 3 });
  expect(ageOf(3_600_000)).toEqual({ unit: "hours", count: 1 });
  expect(ageOf(47.9 * 3_600_000)).toEqual({ unit: "hours", count: 47 });
  expect(ageOf(48 * 3_600_000)).toEqual({ unit: "days", count: 2 });
});

test("times are the district's, wherever the phone is", () => {
  const at_ms = Date.parse("2020-03-05T16:30:05.123Z");
  expect(clockTime(at_ms)).toBe("00:30:05");
  expect(districtTimestamp(at_ms)).toBe("2020-03-06T00:30:05.123+08:00");
  expect(Date.parse(districtTimestamp(at_ms))).toBe(at_ms);
});

test("values fill their places, a missing one stays visible", () => {
  expect(fill("{count} 分钟前", { count: 3 })).toBe("3 分钟前");
  expect(fill("{count} of {all}", { count: 0 })).toBe("0 of {all}");
});

test("Chinese comes first", () => {
  expect(preferredLanguage(null, "fr-FR")).toBe("zh-CN");
  expect(preferredLanguage(null, "en-GB")).toBe("en");
  expect(preferredLanguage("zh-CN", "en-GB")).toBe("zh-CN");
});

test("Traditional Chinese is for those who ask for it, where it is offered", () => {
  const offered = ["zh-CN", "zh-Hant", "en"] as const;
  for (const browser of ["zh-HK", "zh-MO", "zh-TW", "zh-Hant-HK"]) {
    expect(preferredLanguage(null, browser, offered), browser).toBe("zh-Hant");
    expect(preferredLanguage(null, browser), browser).toBe("zh-CN");
  }
  for (const browser of ["zh-CN", "zh-SG", "zh", "zh-Hans-HK"]) expect(preferredLanguage(null, browser, offered), browser).toBe("zh-CN");
  expect(preferredLanguage("zh-Hant", "en-GB", offered)).toBe("zh-Hant");
  expect(preferredLanguage("zh-Hant", "en-GB")).toBe("zh-CN");
});

test("a call that still runs has not been answered", () => {
  const answered = (status: number, code: string) => isAnswer(new Problem({ status, code }));
  expect(answered(409, "idempotency_key_in_use"), "sent again it is").toBe(false);
  for (const code of ["idempotency_key_reused", "idempotency_answer_lost", "already_enrolled"])
    expect(answered(409, code), code).toBe(true);
  expect(answered(503, "overloaded")).toBe(false);
  expect(answered(404, "http_404"), "of a proxy").toBe(false);
  expect(isAnswer(new Unreachable())).toBe(false);
});

test("events survive any cutting of the stream", () => {
  const stream = ': hello\n\nevent: alert\ndata: {"a":1}\ndata: two\nid: 7\n\ndata: plain\r\n\r\n';
  for (let size = 1; size <= stream.length; size++) {
    const events: ServerEvent[] = [];
    const feed = createEventParser((event) => events.push(event));
    for (let i = 0; i < stream.length; i += size) feed(stream.slice(i, i + size));
    expect(events, `pieces of ${size}`).toEqual([
      { event: "alert", data: '{"a":1}\ntwo', id: "7" },
      { event: "message", data: "plain", id: "7" },
    ]);
  }
});

test("a pass text of the longest length fits version 13", () => {
  const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
  const text = `GP1:${Array.from({ length: 479 }, (_, i) => alphabet[(i * 7919) % 45]).join("")}`;
  expect(qrPath(text).size).toBe(17 + 4 * 13);
});

test("a page reads anew each time its line opens", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "performance"] });
  // Two lines that end after an event, one that cannot be opened in between.
  const said = (): Response => new Response("event: alert\ndata: 1\n\n");
  const fetched = vi.fn(async () => (fetched.mock.calls.length === 2 ? new Response(null, { status: 503 }) : said()));
  vi.stubGlobal("fetch", fetched);
  const heard: string[] = [];
  const line = subscribe({
    path: "/api/v1/events",
    token: "t",
    onEvent: ({ event }) => heard.push(event),
    onLine: (open) => heard.push(open ? "open" : "broken"),
  });
  const broken = (): number => heard.filter((one) => one === "broken").length;
  for (let turn = 0; turn < 100 && broken() < 3; turn++) {
    await new Promise((wake) => setImmediate(wake));
    await vi.advanceTimersByTimeAsync(1_000);
  }
  line.close();
  const opened = ["open", RESYNC, "alert", "broken"];
  expect(heard.slice(0, 9)).toEqual([...opened, "broken", ...opened]);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});
