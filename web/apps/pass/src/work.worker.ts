/** Counts up until the hash of challenge and count begins with enough zero bits. */
import { firstSolution } from "./hash-work";
import type { Task } from "./work";

addEventListener("message", ({ data }: MessageEvent<Task>) => {
  postMessage(firstSolution(data.challenge, data.bits));
});
