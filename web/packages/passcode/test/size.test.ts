/** The pass page has 20 kB for everything; presenting may take 3 kB of them. */
import { fileURLToPath } from "node:url";
import { build, minify, type Rolldown } from "vite";
import { expect, it } from "vitest";

const MINIFIED_BYTES_MAX = 3_072;

it("presents within its budget and loads no library before it is needed", async () => {
  const entry = fileURLToPath(new URL("../src/index.ts", import.meta.url));
  // Built as a library, so that Vite's own loader, which every page has once, is not counted.
  const [built] = (await build({
    configFile: false,
    logLevel: "silent",
    build: { write: false, lib: { entry, formats: ["es"], fileName: "present" } },
  })) as Rolldown.RolldownOutput[];
  const chunks = built!.output.filter((part) => part.type === "chunk");
  const [first, ...others] = chunks.filter((chunk) => chunk.isEntry);
  expect(others).toEqual([]);
  expect(first!.imports).toEqual([]);
  expect(first!.dynamicImports).toHaveLength(1);
  const { code } = await minify("present.js", first!.code);
  const bytes = Buffer.byteLength(code);
  console.info(`presenting: ${bytes} bytes minified`);
  expect(bytes).toBeLessThanOrEqual(MINIFIED_BYTES_MAX);
}, 30_000);
