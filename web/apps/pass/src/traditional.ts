/** Everything in Traditional Chinese, with what the server says; fetched by who reads it, then kept. */
import { inTraditional } from "@gridpass/kit/traditional";
import type { Traditional } from "@gridpass/kit/words";
import apply from "./words/apply.zh-Hant.json";
import own from "./words/zh-Hant.json";

export default { words: { ...apply, ...own }, say: inTraditional } satisfies Traditional;
