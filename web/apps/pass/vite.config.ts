import { fileURLToPath } from "node:url";
import { defineConfig, mergeConfig } from "vite";
import { common, offlineList, precompress } from "../../scripts/build.ts";

const dist = fileURLToPath(new URL("dist", import.meta.url));

export default mergeConfig(
  common,
  defineConfig({
    plugins: [offlineList(dist), precompress(dist)],
    build: {
      rollupOptions: {
        input: { index: "index.html", sw: "src/sw.ts" },
        output: {
          entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
        },
      },
    },
  }),
);
