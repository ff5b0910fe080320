import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { defineConfig, mergeConfig } from "vite";
import { common, precompress } from "../../scripts/build.ts";

const dist = fileURLToPath(new URL("dist", import.meta.url));

export default mergeConfig(common, defineConfig({ base: "/my/", plugins: [vue(), precompress(dist)] }));
