/** What a decision says, in the reader's language. */
import type { PassExplanation } from "@gridpass/api";
import { words } from "./words";

/** Why, for one decision. */
export const whyWords = (said: { message_zh: string; message_en: string }): string => words.say(said.message_zh, said.message_en);

/** Who acts, what helps, how it lifts. */
export function plainWords({ decision, plain }: PassExplanation): { why: string; who: string; do: string; lift: string } {
  return {
    why: whyWords(decision),
    who: words.say(plain.who_zh, plain.who_en),
    do: words.say(plain.do_zh, plain.do_en),
    lift: words.say(plain.lift_zh, plain.lift_en),
  };
}
