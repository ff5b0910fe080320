/** The generated types are fresh, and every address an app calls is one the server describes. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";
import { expect, test } from "vitest";

const root = new URL("../../../../", import.meta.url);
const description = new URL("docs/openapi.json", root);
const read = (url: URL): string => readFileSync(url, "utf8");

test("the types are those of the description", { timeout: 30_000 }, async () => {
  const text = COMMENT_HEADER + astToString(await openapiTS(description));
  expect(read(new URL("web/packages/api/src/schema.d.ts", root))).toBe(text);
});

/** Addresses in an app's `calls.ts`, and of its event stream, with parameters as `{}`. */
function called(app: string): string[] {
  const folder = new URL(`web/${app}/src/`, root);
  const sources = readdirSync(fileURLToPath(folder)).filter((name) => name.endsWith(".ts"));
  const text = sources.map((name) => read(new URL(name, folder))).join("\n");
  const found = text.matchAll(/[`"](?:\$\{api\}|\/api\/v1\/|get\(\s*[`"])([a-z][^`"?]*)/g);
  const gets = text.matchAll(/(?<!\.)\b(?:get|post|put|post204|put204|remove)(?:<[^>]*>+)?\(\s*[`"]([a-z][^`"?]*)/g);
  return [...found, ...gets].map(([, path]) => `/api/v1/${path}`.replace(/\$\{[^}]*\}/g, "{}"));
}

test.each(["apps/pass", "apps/resident", "apps/gate", "apps/console", "apps/field", "packages/staff"])("%s calls what exists", (app) => {
  const { paths } = JSON.parse(read(description)) as { paths: object };
  const known = new Set(Object.keys(paths).map((path) => path.replace(/\{[^}]*\}/g, "{}")));
  const addresses = [...new Set(called(app))];
  expect(addresses.length).toBeGreaterThan(0);
  expect(addresses.filter((address) => !known.has(address))).toEqual([]);
});
