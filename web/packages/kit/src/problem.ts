/**
 * One way to ask the server, and one shape for every refusal.
 *
 * A refusal is problem+json (RFC 9457) with a stable `code` and its words in both languages; a
 * server that cannot be reached is `Unreachable`, so that screens can tell "no" from "nobody there".
 */

export interface FieldProblem {
  field: string;
  code: string;
  message: string;
  message_zh: string;
}

export interface ProblemBody {
  title?: string;
  status: number;
  code: string;
  detail?: string;
  detail_zh?: string;
  /** When it happened, where that is what to know. */
  at?: string | null;
  fields?: FieldProblem[];
  request_id?: string;
}

/** The server answered, and the answer is no. */
export class Problem extends Error {
  // Declared only: a field of its own would bring the pass half a kilobyte of help for old phones.
  declare readonly body: ProblemBody;
  /** Seconds the server asks us to wait, if it does. */
  declare readonly retry_after_s: number | null;

  constructor(body: ProblemBody, retry_after_s: number | null = null) {
    super(body.code);
    Object.assign(this, { body, retry_after_s });
  }

  /** What to show, in the reader's language. */
  text(language: string): string {
    const { detail, detail_zh, title, code } = this.body;
    return (language === "en" ? detail : detail_zh) ?? detail ?? title ?? code;
  }
}

/** Statuses that say "not now": of a proxy, or of a server that cannot at this moment. */
const NOT_NOW = new Set([408, 425, 429]);
/** The same call still runs: its answer is there when it is sent again. */
const STILL_RUNS = "idempotency_key_in_use";

/**
 * Whether the server itself said no. A proxy whose server restarts, a database that is away and a
 * server that has too much to do say nothing about what was asked: it is as if nobody had answered.
 */
export function isAnswer(error: unknown): error is Problem {
  if (!(error instanceof Problem)) return false;
  const { status, code } = error.body;
  if (code === STILL_RUNS || code.startsWith("http_")) return false;
  return status >= 400 && status < 500 && !NOT_NOW.has(status);
}

/** No answer at all: no network, no server, or none in time. */
export class Unreachable extends Error {}

export interface Ask {
  method?: string;
  token?: string | null;
  /** Sent as JSON, unless it is a Blob or a string with `type`. */
  body?: unknown;
  type?: string;
  headers?: Record<string, string>;
  timeout_ms?: number;
}

const TIMEOUT_MS = 8_000;

async function problemOf(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => null)) as ProblemBody | null;
  const wait = Number(response.headers.get("retry-after"));
  return new Problem(
    body?.code ? body : { status: response.status, code: `http_${response.status}` },
    wait > 0 ? wait : null,
  );
}

/** Sends one request. Throws `Problem` or `Unreachable`; otherwise the answer was a success. */
export async function send(path: string, ask: Ask = {}): Promise<Response> {
  const headers: Record<string, string> = { ...ask.headers };
  if (ask.token) headers["authorization"] = `Bearer ${ask.token}`;
  let body = ask.body as BodyInit | null | undefined;
  if (ask.body !== undefined && !(ask.body instanceof Blob) && !ask.type) {
    headers["content-type"] = "application/json";
    body = JSON.stringify(ask.body);
  } else if (ask.type) headers["content-type"] = ask.type;
  let response: Response;
  // Not AbortSignal.timeout: phones of some years ago have none.
  const giving_up = new AbortController();
  const timer = setTimeout(() => giving_up.abort(), ask.timeout_ms ?? TIMEOUT_MS);
  try {
    response = await fetch(path, {
      method: ask.method ?? (body === undefined ? "GET" : "POST"),
      headers,
      body: body ?? null,
      cache: "no-store",
      signal: giving_up.signal,
    });
  } catch {
    throw new Unreachable();
  } finally {
    clearTimeout(timer);
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

/** Sends one request and reads the JSON it answers. */
export async function sendJson<T>(path: string, ask: Ask = {}): Promise<T> {
  const response = await send(path, ask);
  return (response.status === 204 ? undefined : await response.json()) as T;
}
