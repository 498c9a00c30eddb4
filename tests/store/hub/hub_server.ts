import { createHash } from "node:crypto";
import { fetchFromHub, type HubOptions } from "#lib/store/hub/hub.ts";
import { inTemporaryFolder } from "../failing_file_system.ts";

/** One file that the test hub offers. */
export interface OfferedFile {
  /** Its bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether it lies in large file storage, behind a redirect. */
  readonly isLarge?: boolean;
}

/** How the test hub misbehaves, and what it saw. */
export interface HubServer {
  /** Its address, for `endpoint`. */
  readonly endpoint: string;
  /** The commit of `main`. */
  commit: string;
  /** Files by name; may be changed. */
  readonly files: Map<string, OfferedFile>;
  /** Answers a request instead of the hub, by path; `undefined` lets the hub answer. */
  instead: (request: Request, path: string) => Response | undefined;
  /** Paths asked for, in order. */
  readonly asked: string[];
  /** Ranges asked for, by path. */
  readonly ranges: Map<string, string>;
  /** Authorisations seen, by host and path. */
  readonly tokens: Map<string, string | null>;
  /** Stops it. */
  stop(): Promise<void>;
}

/** The model's name on the test hub. */
export const MODEL = "owner/model";

/** SHA-256 of bytes. */
const sha256 = (bytes: Uint8Array) =>
  createHash("sha256").update(bytes).digest("hex");

/** Git's blob SHA-1 of bytes. */
const blob = (bytes: Uint8Array) =>
  createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest(
    "hex",
  );

/** Starts a server that speaks the hub's protocol, and a second host for large files. */
export function startHub(files: Record<string, OfferedFile>): HubServer {
  const hub: Omit<HubServer, "endpoint" | "stop"> = {
    commit: "c".repeat(40),
    files: new Map(Object.entries(files)),
    instead: () => undefined,
    asked: [],
    ranges: new Map(),
    tokens: new Map(),
  };
  const see = (request: Request, host: string): string => {
    const path = decodeURIComponent(new URL(request.url).pathname);
    hub.asked.push(path);
    hub.tokens.set(host + path, request.headers.get("authorization"));
    const range = request.headers.get("range");
    if (range !== null) hub.ranges.set(path, range);
    return path;
  };
  const storage = serve((request) => {
    const path = see(request, "storage");
    const file = hub.files.get(path.slice(1))!;
    return hub.instead(request, `storage${path}`) ??
      part(request, file.bytes, {});
  });
  const front = serve((request) => {
    const path = see(request, "hub");
    return hub.instead(request, path) ??
      answer(request, path, hub, storage.address);
  });
  return Object.assign(hub, {
    endpoint: front.address,
    stop: async () => {
      await Promise.all([front.server.shutdown(), storage.server.shutdown()]);
    },
  });
}

/** Listens on a free port of this machine. */
function serve(handler: (request: Request) => Response) {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    handler,
  );
  return { server, address: `http://127.0.0.1:${server.addr.port}` };
}

/** What the hub says when it behaves. */
function answer(
  request: Request,
  path: string,
  { commit, files }: Pick<HubServer, "commit" | "files">,
  storage: string,
): Response {
  if (
    path === `/api/models/${MODEL}/revision/main` ||
    path === `/api/models/${MODEL}/revision/${commit}`
  ) {
    return Response.json({ sha: commit, siblings: [...files].map(sibling) });
  }
  const name = path.startsWith(`/${MODEL}/resolve/${commit}/`)
    ? path.slice(`/${MODEL}/resolve/${commit}/`.length)
    : "";
  const file = files.get(name);
  if (file === undefined) return new Response("Not found", { status: 404 });
  if (!file.isLarge) {
    return part(request, file.bytes, {
      etag: `"${blob(file.bytes)}"`,
      "x-repo-commit": commit,
    });
  }
  return new Response(null, {
    status: 302,
    headers: {
      location: `${storage}/${name}`,
      "x-linked-etag": `"${sha256(file.bytes)}"`,
      "x-linked-size": String(file.bytes.length),
      "x-repo-commit": commit,
    },
  });
}

/** A file in the listing. */
function sibling([rfilename, { bytes, isLarge }]: [string, OfferedFile]) {
  const common = { rfilename, size: bytes.length };
  return isLarge
    ? {
      ...common,
      blobId: "0".repeat(40),
      lfs: { sha256: sha256(bytes), size: bytes.length },
    }
    : { ...common, blobId: blob(bytes) };
}

/** The bytes, or the range that was asked for. */
function part(
  request: Request,
  bytes: Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
): Response {
  const from = Number(
    /^bytes=(\d+)-$/.exec(request.headers.get("range") ?? "")?.[1] ?? 0,
  );
  if (from === 0) return new Response(bytes, { headers });
  return new Response(bytes.slice(from), {
    status: 206,
    headers: {
      ...headers,
      "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
    },
  });
}

/** A small file. */
export const text = (value: string) => ({
  bytes: new TextEncoder().encode(value),
});
/** The bytes of the large file. */
export const WEIGHTS = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);

/** Runs a test with a hub of its own and an empty cache. */
export async function withHub(
  test: (given: {
    readonly hub: HubServer;
    readonly cache: string;
    fetch(
      options?: HubOptions,
      revision?: string,
    ): ReturnType<typeof fetchFromHub>;
  }) => Promise<void>,
): Promise<void> {
  const hub = startHub({
    "config.json": text("{}"),
    "model.safetensors": { bytes: WEIGHTS, isLarge: true },
    "1_Dense/config.json": text('{"bias":false}'),
    "onnx/model.onnx": text("not wanted"),
    "README.md": text("not wanted"),
  });
  try {
    await inTemporaryFolder(async (cache) => {
      await test({
        hub,
        cache,
        fetch: (options = {}, revision = "main") =>
          fetchFromHub({ name: MODEL, revision }, {
            endpoint: hub.endpoint,
            token: "",
            offline: false,
            cache,
            ...options,
          }),
      });
    });
  } finally {
    await hub.stop();
  }
}
