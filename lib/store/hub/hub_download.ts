import type { Progress } from "../../num/progress.ts";
import { writeError } from "../disk_full_error.ts";
import { fileChecksum } from "./hub_checksum.ts";
import type { HubFile } from "./hub_listing.ts";
import {
  type HubRequest,
  type HubResponse,
  requestFromHub,
} from "./hub_request.ts";
import { parentFolder } from "../temporary_name.ts";

/** Settings of one download. */
export interface HubDownload extends HubRequest {
  /** Where the file goes. */
  readonly path: string;
  /** The file, with what the listing says of it. */
  readonly file: HubFile;
  /** The commit that the answer must be of. */
  readonly commit: string;
  /** Longest file taken, in bytes. */
  readonly mostBytes: number;
  /** Told how much has come. */
  readonly progress?: Progress;
}

/** What a whole file was found to be. */
export interface Downloaded {
  /** Length. */
  readonly bytes: number;
  /** The checksum it has, where the hub gave one. */
  readonly checksum?: string;
}

/**
 * Downloads one file to a `.part` beside its final name, checks length and
 * checksum, and only then gives it the name.
 *
 * A `.part` left by an earlier attempt is continued where the server can; if the
 * whole then fails its checksum, it is downloaded once more from the beginning.
 *
 * @param url Where the hub has the file.
 * @param download Where it goes and what it must be.
 * @returns Length and checksum.
 * @throws {SyntaxError} If the length, the commit or the checksum is another.
 * @throws {Deno.errors.Http} If the transfer breaks off; the `.part` stays.
 * @throws {DiskFullError} If the disk is full; the `.part` is removed.
 *
 * @example Usage
 * ```ts
 * import { downloadFromHub } from "#lib/store/hub/hub_download.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response("abc"));
 * const folder = await Deno.makeTempDir();
 * const { bytes } = await downloadFromHub(
 *   new URL(`http://127.0.0.1:${server.addr.port}/`),
 *   { what: "a", path: `${folder}/a`, file: { name: "a" }, commit: "", mostBytes: 9 },
 * );
 * assertEquals(bytes, 3);
 * await server.shutdown();
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function downloadFromHub(
  url: URL,
  download: HubDownload,
): Promise<Downloaded> {
  const part = `${download.path}.part`;
  await Deno.mkdir(parentFolder(part), { recursive: true });
  const from = await sizeOf(part);
  try {
    return await attempt(url, { ...download, from });
  } catch (error) {
    if (!(error instanceof SyntaxError) || from === 0) throw error;
    return await attempt(url, { ...download, from: 0 });
  }
}

/** Length of a file, 0 where it is absent. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await Deno.stat(path)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

/** Downloads from a given byte on. */
async function attempt(
  url: URL,
  download: HubDownload & { readonly from: number },
): Promise<Downloaded> {
  const { path, file, commit, what } = download;
  const part = `${path}.part`;
  const response = await requestFromHub(url, download);
  const isOf = response.header("x-repo-commit");
  if (isOf !== undefined && isOf !== commit) {
    throw refuse(what, `commit ${commit}`, isOf);
  }
  const bytes = await receive(response, download);
  const expected = file.bytes ?? linkedSize(response);
  if (expected !== undefined && bytes !== expected) {
    // A longer file is another file; a shorter one may be continued.
    if (bytes > expected) await Deno.remove(part);
    throw bytes > expected
      ? refuse(what, `${expected} bytes`, String(bytes))
      : new Deno.errors.Http(
        `Cannot load ${what} from the hub: expected ${expected} bytes, got ${bytes} (the transfer broke off; run it again)`,
      );
  }
  const checksum = file.checksum ?? linkedChecksum(response);
  const found = checksum === undefined
    ? undefined
    : await fileChecksum(part, checksum);
  if (found !== undefined && found !== checksum) {
    await Deno.remove(part);
    throw refuse(what, `checksum ${checksum}`, found);
  }
  await Deno.rename(part, path);
  return { bytes, ...(found !== undefined && { checksum: found }) };
}

/** Length that a redirect announces. */
function linkedSize(response: HubResponse): number | undefined {
  const text = response.header("x-linked-size");
  return text !== undefined && /^\d{1,15}$/.test(text)
    ? Number(text)
    : undefined;
}

/** Checksum that a redirect or the file itself announces. */
function linkedChecksum(response: HubResponse): string | undefined {
  const tag = response.header("x-linked-etag") ?? response.header("etag");
  return tag?.replace(/^W\//, "").replace(/^"(.*)"$/, "$1");
}

/** Writes the body to the `.part`; returns the file's whole length. */
async function receive(
  response: HubResponse,
  { path, from, file, what, mostBytes, progress }: HubDownload & {
    readonly from: number;
  },
): Promise<number> {
  const part = `${path}.part`;
  const start = startOf(response, from, what);
  const total = file.bytes ?? linkedSize(response);
  using target = await Deno.open(part, { write: true, create: true });
  try {
    await target.truncate(start);
    await target.seek(start, Deno.SeekMode.Start);
    let done = start;
    for await (const piece of response.body()) {
      done += piece.length;
      if (done > mostBytes) {
        throw refuse(what, `at most ${mostBytes} bytes`, "more");
      }
      for (let at = 0; at < piece.length;) {
        at += await target.write(piece.subarray(at));
      }
      progress?.({ label: what, done, ...(total !== undefined && { total }) });
    }
    await target.sync();
    return done;
  } catch (error) {
    if (error instanceof Deno.errors.Http) throw error;
    await Deno.remove(part);
    throw writeError(path, error);
  }
}

/** The byte that a body begins with: what was asked, or 0 where the server starts anew. */
function startOf(response: HubResponse, from: number, what: string): number {
  if (response.status === 200) return 0;
  const range = response.header("content-range") ?? "";
  if (response.status === 206 && range.startsWith(`bytes ${from}-`)) {
    return from;
  }
  throw refuse(what, `bytes from ${from} on`, `${response.status} ${range}`);
}

/** The error of a file that is not the one asked for. */
function refuse(what: string, expected: string, got: string): SyntaxError {
  return new SyntaxError(
    `Cannot load ${what} from the hub: expected ${expected}, got ${got}`,
  );
}
