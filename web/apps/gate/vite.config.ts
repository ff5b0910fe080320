import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { defineConfig, mergeConfig } from "vite";
import { common, offlineList, precompress, withWorker } from "../../scripts/build.ts";

const dist = fileURLToPath(new URL("dist", import.meta.url));
// The decoder, for browsers without one; the cryptography, for browsers without Ed25519. That of
// SM2 is kept from the start: where passes are signed with it, a gate without network needs it.
const later = /zxing|reader|fallback/;
const plugins = [vue(), offlineList(dist, "/gate/", later), precompress(dist)];

export default mergeConfig(mergeConfig(common, withWorker), defineConfig({ base: "/gate/", plugins }));
