/** Settings of one request. */
export interface HubRequest {
  /** What is asked for, for errors: a model, or a file of it. */
  readonly what: string;
  /** Bearer token; sent to the hub's own host only. */
  readonly token?: string;
  /** First byte wanted; 0 for the whole. */
  readonly from?: number;
  /** Longest wait for the next bytes, milliseconds. Default 30,000. */
  readonly idleMs?: number;
}

/** An answer whose body is read under the same watch. */
export interface HubResponse {
  /** Status of the last answer: 200, 206 or 416. */
  readonly status: number;
  /** A header of the first answer that has it; redirects carry some of them. */
  header(name: string): string | undefined;
  /** The body in pieces. */
  body(): AsyncIterable<Uint8Array>;
}

/** Most redirects followed. */
const MOST_REDIRECTS = 5;

/**
 * Asks the hub for a page, following redirects by hand, because the hub puts a
 * file's checksum on the first answer and the file on another host.
 *
 * The token goes to the first host only, and https never leads to http.
 *
 * @param url The page.
 * @param request Token, first byte, patience.
 * @returns The answer.
 * @throws {Deno.errors.NotFound} For 404.
 * @throws {Deno.errors.PermissionDenied} For 401 and 403.
 * @throws {Deno.errors.Http} If there is no answer, another status, or none in time.
 *
 * @example Usage
 * ```ts
 * import { requestFromHub } from "#lib/store/hub/hub_request.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response("a"));
 * const url = new URL(`http://127.0.0.1:${server.addr.port}/`);
 * const response = await requestFromHub(url, { what: "a" });
 * assertEquals((await Array.fromAsync(response.body())).length, 1);
 * await server.shutdown();
 * ```
 */
export async function requestFromHub(
  url: URL,
  request: HubRequest,
): Promise<HubResponse> {
  const { idleMs = 30_000 } = request;
  const stop = new AbortController();
  const inTime = <T>(work: Promise<T>) =>
    withinIdle(work, { idleMs, stop, url, request });
  const answers: Response[] = [];
  for (let at = url; answers.length <= MOST_REDIRECTS;) {
    const answer = await inTime(fetch(at, {
      redirect: "manual",
      headers: headers(request, at.host === url.host),
      signal: stop.signal,
    }));
    answers.push(answer);
    const location = answer.headers.get("location");
    if (answer.status < 300 || answer.status >= 400 || location === null) {
      await checkStatus(answer, { url, request });
      return hubResponse(answers, inTime);
    }
    await answer.body?.cancel();
    at = nextUrl(location, at, request);
  }
  throw new Deno.errors.Http(
    `Cannot load ${request.what} from the hub: expected at most ${MOST_REDIRECTS} redirects, got more`,
  );
}

/** The headers of a request. */
function headers(
  { token, from = 0 }: HubRequest,
  isHub: boolean,
): Record<string, string> {
  return {
    // Compression would hide the true length and break ranges.
    "accept-encoding": "identity",
    "user-agent": "maxsim-lab",
    ...(token !== undefined && isHub && { authorization: `Bearer ${token}` }),
    ...(from > 0 && { range: `bytes=${from}-` }),
  };
}

/** Where a redirect leads, if it may. */
function nextUrl(location: string, at: URL, { what }: HubRequest): URL {
  const next = URL.canParse(location, at) ? new URL(location, at) : undefined;
  const isSafe = next?.protocol === "https:" ||
    (next?.protocol === "http:" && at.protocol === "http:");
  if (next !== undefined && isSafe) return next;
  throw new Deno.errors.Http(
    `Cannot load ${what} from the hub: expected a redirect to ${at.protocol}//, got ${
      location.slice(0, 80)
    }`,
  );
}

/** Waits for work, but not longer than the patience between two pieces. */
async function withinIdle<T>(
  work: Promise<T>,
  { idleMs, stop, url, request }: {
    readonly idleMs: number;
    readonly stop: AbortController;
    readonly url: URL;
    readonly request: HubRequest;
  },
): Promise<T> {
  const timer = setTimeout(() => stop.abort(), idleMs);
  try {
    return await work;
  } catch (error) {
    const got = stop.signal.aborted
      ? `nothing for ${idleMs / 1000} seconds`
      : failure(error as Error);
    throw new Deno.errors.Http(
      `Cannot load ${request.what} from the hub: expected an answer from ${url.origin}, ` +
        `got ${got}; without network give a folder instead (--model DIR)`,
      { cause: error },
    );
  } finally {
    clearTimeout(timer);
  }
}

/** Why a request failed, without the address, which the error names anyway. */
function failure({ message, cause }: Error): string {
  const reason = cause instanceof Error ? cause.message : message;
  return reason.replace(/^error sending request for url \(.*?\):? ?/, "");
}

/** Turns a refusal into the one clear error. */
async function checkStatus(
  answer: Response,
  { url, request: { what } }: {
    readonly url: URL;
    readonly request: HubRequest;
  },
): Promise<void> {
  const { status } = answer;
  if (status === 200 || status === 206 || status === 416) return;
  await answer.body?.cancel();
  const prefix = `Cannot load ${what} from the hub: expected`;
  if (status === 404) {
    throw new Deno.errors.NotFound(
      `${prefix} it at ${url.origin}, got 404; check its name and revision, or give a folder (--model DIR)`,
    );
  }
  if (status === 401 || status === 403) {
    throw new Deno.errors.PermissionDenied(
      `${prefix} a public model or a token with access in HF_TOKEN, got ${status} ` +
        `(a misspelt name is answered so, too); or give a folder (--model DIR)`,
    );
  }
  throw new Deno.errors.Http(
    `${prefix} status 200, got ${status}; try again later or give a folder (--model DIR)`,
  );
}

/** The last answer's body with the headers of all of them. */
function hubResponse(
  answers: readonly Response[],
  inTime: <T>(work: Promise<T>) => Promise<T>,
): HubResponse {
  const last = answers.at(-1)!;
  return {
    status: last.status,
    header: (name) =>
      answers.map(({ headers }) => headers.get(name)).find((value) =>
        value !== null
      ) ?? undefined,
    async *body() {
      const reader = last.body?.getReader();
      if (reader === undefined) return;
      try {
        for (;;) {
          const { done, value } = await inTime(reader.read());
          if (done) return;
          yield value;
        }
      } finally {
        await reader.cancel().catch(() => {});
      }
    },
  };
}
