import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { defineConfig, mergeConfig } from "vite";
import { common, forOldPhones, offlineList, precompress, withWorker } from "../../scripts/build.ts";

const dist = fileURLToPath(new URL("dist", import.meta.url));
// Printing needs the server anyhow; the words of a third language are kept by who reads it.
const plugins = [vue(), offlineList(dist, "/my/", /assets\/(PrintPage|traditional)/), precompress(dist)];

export default [withWorker, forOldPhones, defineConfig({ base: "/my/", plugins })].reduce((all, more) => mergeConfig(all, more), common);
