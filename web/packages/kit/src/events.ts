/**
 * Server-sent events over fetch.
 *
 * The browser's own EventSource cannot send an Authorization header, and a token does not belong
 * in an address. Reconnects with growing pauses; tells the caller whether the line is open, and to
 * read anew each time it opens: what was told while no line was open is told to nobody again.
 */

export interface ServerEvent {
  event: string;
  data: string;
  id: string | null;
}

/** Tells a page to read its lists anew; the server sends it, too, when it may have missed something. */
export const RESYNC = "resync";

/** Splits a byte stream's text into events; keeps what is not finished. */
export function createEventParser(emit: (event: ServerEvent) => void): (text: string) => void {
  let rest = "";
  let event = "";
  let data: string[] = [];
  let id: string | null = null;
  const line = (text: string): void => {
    if (text === "") {
      if (data.length > 0) emit({ event: event || "message", data: data.join("\n"), id });
      event = "";
      data = [];
      return;
    }
    const colon = text.indexOf(":");
    const name = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (name === "event") event = value;
    else if (name === "data") data.push(value);
    else if (name === "id") id = value;
  };
  return (text) => {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    lines.forEach(line);
  };
}

export interface Subscription {
  close(): void;
}

const PAUSE_MS_MIN = 1_000;
const PAUSE_MS_MAX = 30_000;

export interface SubscribeOptions {
  path: string;
  token: string;
  onEvent(event: ServerEvent): void;
  /** `true` when the line opens, `false` when it breaks. */
  onLine?(open: boolean): void;
}

async function readOnce(options: SubscribeOptions, signal: AbortSignal): Promise<void> {
  const response = await fetch(options.path, {
    headers: { authorization: `Bearer ${options.token}`, accept: "text/event-stream" },
    cache: "no-store",
    signal,
  });
  if (!response.ok || !response.body) throw new Error(String(response.status));
  options.onLine?.(true);
  options.onEvent({ event: RESYNC, data: "", id: null });
  const feed = createEventParser(options.onEvent);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    feed(value);
  }
}

/** Keeps a line open until closed. */
export function subscribe(options: SubscribeOptions): Subscription {
  const stop = new AbortController();
  let pause_ms = PAUSE_MS_MIN;
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const opened_ms = performance.now();
      await readOnce(options, stop.signal).catch(() => undefined);
      if (stop.signal.aborted) return;
      options.onLine?.(false);
      pause_ms = performance.now() - opened_ms > PAUSE_MS_MAX ? PAUSE_MS_MIN : Math.min(pause_ms * 2, PAUSE_MS_MAX);
      await new Promise((wake) => setTimeout(wake, pause_ms));
    }
  };
  void run();
  return { close: () => stop.abort() };
}
