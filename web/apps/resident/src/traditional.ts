/** Everything in Traditional Chinese, with what the server says; fetched by who reads it. */
import { inTraditional } from "@gridpass/kit/traditional";
import type { Traditional } from "@gridpass/kit/words";
import own from "./words/zh-Hant.json";

export default { words: own, say: inTraditional } satisfies Traditional;
