import { expect, test } from "vitest";
import { returned } from "../src/returned";

test("an answer of the provider is told from an ordinary visit", () => {
  expect(returned("?code=c&state=s")).toEqual({ code: "c", state: "s" });
  expect(returned("?error=access_denied&state=s")).toEqual({ code: null, state: "s" });
  expect(returned("")).toBeNull();
  expect(returned("?code=c")).toBeNull();
  expect(returned("?state=s")).toBeNull();
});
