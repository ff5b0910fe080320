import { expect, test } from "vitest";
import { lineOf } from "../src/typed";

const NOW_MS = Date.parse("2020-03-06T09:00:00+08:00");
const line = (text: string) => lineOf(text, NOW_MS);

test("a thermometer's reading, however it is written", () => {
  for (const text of ["36.6", " 36.6 ", "T:36.6", "36,6", "36.64", "36.6℃", "36.6°C", "３６．６"]) {
    expect(line(text), text).toEqual({ is: "reading", celsius: 36.6 });
  }
  expect(line("34.0")).toEqual({ is: "reading", celsius: 34 });
  expect(line("43.9")).toEqual({ is: "reading", celsius: 43.9 });
});

test("a reading of nobody alive is said as one, not as a code", () => {
  for (const text of ["29.8", "33.9", "44.0", "98.6", "101.3", "２９．８"]) expect(line(text), text).toEqual({ is: "absurd" });
});

test("a number with spaces, hyphens or full-width digits", () => {
  const number = "440399198001010014";
  const right = `${number.slice(0, 17)}${"0123456789X".split("").find((last) => line(number.slice(0, 17) + last).is === "number")}`;
  for (const text of [
    right,
    `${right.slice(0, 6)} ${right.slice(6, 14)} ${right.slice(14)}`,
    `${right.slice(0, 6)}-${right.slice(6)}`,
    right.replaceAll(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)),
  ]) {
    expect(line(text), text).toEqual({ is: "number", number: right });
  }
});

test("eighteen digits that no document has are a wrong number", () => {
  const wrong = "0123456789X".split("").filter((last) => line(`44039919800101001${last}`).is === "wrong_number");
  expect(wrong).toHaveLength(10);
  expect(line("440399198013310014")).toEqual({ is: "wrong_number" });
});

test("other documents' numbers go to the server as they are", () => {
  expect(line("h12345678")).toEqual({ is: "number", number: "H12345678" });
  expect(line("12345678")).toEqual({ is: "number", number: "12345678" });
});

test("the serial of a printed paper, typed or read", () => {
  for (const serial of ["GPP-00000-00000A-9K3TQ2XW", "gpp 00000 00000a 9k3tq2xw"]) expect(line(serial)).toEqual({ is: "paper", serial });
});

test("a code is left as it is", () => {
  for (const text of ["HTTPS://EXAMPLE.ORG/A-1", "GPP-0000-A-1", "6BF 8$".repeat(60)]) {
    expect(line(text)).toEqual({ is: "code", text: text.trim() });
  }
});
