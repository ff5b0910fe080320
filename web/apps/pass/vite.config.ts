import { fileURLToPath } from "node:url";
import { defineConfig, mergeConfig } from "vite";
import { common, offlineList, precompress, withWorker } from "../../scripts/build.ts";

const dist = fileURLToPath(new URL("dist", import.meta.url));
// Only browsers without Ed25519 need the library; the form and the notices need the server anyway;
// the cards come with the first answer that names a family, and stay.
const plugins = [offlineList(dist, "/", /assets\/(fallback|apply|form|notices|cards|work)/), precompress(dist)];

export default mergeConfig(mergeConfig(common, withWorker), defineConfig({ plugins }));
