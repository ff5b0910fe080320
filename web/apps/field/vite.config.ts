import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { defineConfig, mergeConfig } from "vite";
import { common, offlineList, precompress, withWorker } from "../../scripts/build.ts";

const dist = fileURLToPath(new URL("dist", import.meta.url));
// Everything is kept from the start: a basement has no network to fetch the rest with.
const plugins = [vue(), offlineList(dist, "/field/", /(?!)/), precompress(dist)];

export default mergeConfig(mergeConfig(common, withWorker), defineConfig({ base: "/field/", plugins }));
