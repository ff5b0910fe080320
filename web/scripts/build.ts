/** What the three builds share: the offline list of a service worker, and compressed copies. */
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin, UserConfig } from "vite";

const COMPRESSIBLE = new Set([".html", ".js", ".css", ".svg", ".json", ".webmanifest", ".wasm"]);
const BYTES_MIN = 256;

/** All files below a folder. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/**
 * Writes the finished files' names, a version made of their content, and the page's address into
 * `sw.js`. Files that `later` names are left to be kept when they are first asked for.
 */
export function offlineList(folder: string, home: string, later: RegExp): Plugin {
  return {
    name: "gridpass-offline-list",
    apply: "build",
    closeBundle() {
      const files = filesOf(folder)
        .filter((file) => !/sw\.js$|\.br$|\.gz$/.test(file) && !later.test(file))
        .toSorted();
      const hash = createHash("sha256");
      for (const file of files) hash.update(readFileSync(file));
      const names = files.map((file) => home + file.slice(folder.length + 1).replace("index.html", ""));
      const worker = join(folder, "sw.js");
      const text = readFileSync(worker, "utf8")
        .replaceAll("__FILES__", JSON.stringify(names))
        .replaceAll("__HOME__", JSON.stringify(home))
        .replaceAll("__VERSION__", JSON.stringify(hash.digest("hex").slice(0, 12)));
      writeFileSync(worker, text);
    },
  };
}

/** Puts `.br` and `.gz` beside every file worth it, so that the server compresses nothing. */
export function precompress(folder: string): Plugin {
  return {
    name: "gridpass-precompress",
    apply: "build",
    enforce: "post",
    closeBundle: {
      order: "post",
      sequential: true,
      handler() {
        for (const file of filesOf(folder)) {
          const bytes = readFileSync(file);
          if (!COMPRESSIBLE.has(extname(file)) || bytes.length < BYTES_MIN) continue;
          writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
          const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
          writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params }));
        }
      },
    },
  };
}

/**
 * Parts that are loaded later are just imported. The bundler would wait for their style sheets,
 * too: an app with a single one has none, and its first load is spared the code.
 */
export function plainImports(): Plugin {
  return {
    name: "gridpass-plain-imports",
    apply: "build",
    enforce: "pre",
    load: (id) => (id === "\0vite/preload-helper.js" ? "export const __vitePreload = (load) => load();" : null),
  };
}

/** Entries of an app with an offline worker: its page, and `sw.js` at its root. */
export const withWorker: UserConfig = {
  build: {
    rollupOptions: {
      input: { index: "index.html", sw: "../../packages/kit/src/offline-worker.ts" },
      output: { entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js") },
    },
  },
};

/** Build settings of every app: modern browsers, no inlined assets (the CSP forbids them). */
export const common: UserConfig = {
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
  },
};

/** The same for what people hold in their own hands, which may be some years old: iOS 13, Chrome and WebView 70. */
export const forOldPhones: UserConfig = {
  build: { ...common.build, target: ["es2019", "safari13", "chrome70"], cssTarget: "es2022" },
};
