/** Everything in Traditional Chinese, with what the server says; fetched by who reads it. */
import said from "@gridpass/kit/said.zh-Hant.json";
import own from "./words/zh-Hant.json";

export default { ...said, ...own };
