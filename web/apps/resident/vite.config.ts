import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { defineConfig, mergeConfig } from "vite";
import { forOldPhones, offlineList, precompress, withWorker } from "../../scripts/build.ts";

const dist = fileURLToPath(new URL("dist", import.meta.url));
// Printing needs the server anyhow; the words of a third language are kept by who reads it.
const plugins = [vue(), offlineList(dist, "/my/", /assets\/(PrintPage|traditional)/), precompress(dist)];

export default mergeConfig(mergeConfig(forOldPhones, withWorker), defineConfig({ base: "/my/", plugins }));
