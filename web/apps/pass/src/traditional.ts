/** Everything in Traditional Chinese, with what the server says; fetched by who reads it, then kept. */
import said from "@gridpass/kit/said.zh-Hant.json";
import apply from "./words/apply.zh-Hant.json";
import own from "./words/zh-Hant.json";

export default { ...said, ...apply, ...own };
