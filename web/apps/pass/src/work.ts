/** The task some installations set before an enrolment, done beside the page so that it stays alive. */
import { getEnrolChallenge } from "./apply-calls";

export interface Task {
  challenge: string;
  bits: number;
}

/** A solved task; empty where none is set. */
export type Work = { challenge?: string; solution?: string };

/** The solution to send along; nothing where nothing is asked. */
export async function solveChallenge(): Promise<Work> {
  const { challenge, bits } = await getEnrolChallenge();
  if (!challenge) return {};
  const worker = new Worker(new URL("./work.worker.ts", import.meta.url), { type: "module" });
  try {
    const solution = await new Promise<string>((done, failed) => {
      worker.addEventListener("message", ({ data }: MessageEvent<string>) => done(data));
      worker.addEventListener("error", ({ message }) => failed(new Error(message)));
      worker.postMessage({ challenge, bits } satisfies Task);
    });
    return { challenge, solution };
  } finally {
    worker.terminate();
  }
}
