import { fileURLToPath } from "node:url";
import { defineConfig, mergeConfig } from "vite";
import { forOldPhones, offlineList, plainImports, precompress, withWorker } from "../../scripts/build.ts";

const dist = fileURLToPath(new URL("dist", import.meta.url));
// Only browsers without Ed25519 need the library; the form and the notices need the server anyway;
// the cards come with the first answer that names a family, and stay, as do the words of a third language
// and what scanning a gate takes, with the decoder of a browser that has none. Icons are for the home screen.
const later = /assets\/(fallback|apply|form|notices|cards|gate|work|traditional|reader|zxing)|icon-/;
const plugins = [plainImports(), offlineList(dist, "/", later), precompress(dist)];

export default mergeConfig(mergeConfig(forOldPhones, withWorker), defineConfig({ plugins }));
