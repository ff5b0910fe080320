import { fileURLToPath } from "node:url";
import { defineConfig, mergeConfig } from "vite";
import { common, forOldPhones, offlineList, precompress, withWorker } from "../../scripts/build.ts";

const dist = fileURLToPath(new URL("dist", import.meta.url));
// Only browsers without Ed25519 need the library; the form and the notices need the server anyway;
// the cards come with the first answer that names a family, and stay, as do the words of a third language
// and the decoder of who scans a gate with a browser that has none. Icons are for the home screen.
const plugins = [offlineList(dist, "/", /assets\/(fallback|apply|form|notices|cards|work|traditional|reader|zxing)|icon-/), precompress(dist)];

export default [withWorker, forOldPhones, defineConfig({ plugins })].reduce((all, more) => mergeConfig(all, more), common);
