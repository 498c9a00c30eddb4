import { isPlainPath } from "./hub_id.ts";
import type { HubResponse } from "./hub_request.ts";

/** One file of a model on the hub. */
export interface HubFile {
  /** Name with `/` between its parts. */
  readonly name: string;
  /** Length, where the listing has it. */
  readonly bytes?: number;
  /** SHA-256, 64 digits (large files), or git's blob SHA-1, 40 digits. */
  readonly checksum?: string;
}

/** What a revision stands for, and what it holds. */
export interface HubListing {
  /** The commit, 40 hexadecimal digits. */
  readonly commit: string;
  /** Its files. */
  readonly files: readonly HubFile[];
}

/** Longest listing read, in bytes. */
const LONGEST_LISTING = 10_000_000;

/**
 * Reads the hub's answer to "which files has this revision?", which may be
 * anything: a login page, half an answer, a hostile name.
 *
 * @param response The answer.
 * @param what The model, for errors.
 * @returns Commit and files.
 * @throws {SyntaxError} If it is no such listing, or a file's name would leave
 * the folder.
 *
 * @example Usage
 * ```ts
 * import { readHubListing } from "#lib/store/hub/hub_listing.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const json = { sha: "0".repeat(40), siblings: [{ rfilename: "config.json" }] };
 * const response = {
 *   status: 200,
 *   header: () => "application/json",
 *   async *body() {
 *     yield await Promise.resolve(new TextEncoder().encode(JSON.stringify(json)));
 *   },
 * };
 * assertEquals((await readHubListing(response, "a/b")).files, [{ name: "config.json" }]);
 * ```
 */
export async function readHubListing(
  response: HubResponse,
  what: string,
): Promise<HubListing> {
  const text = await readText(response, what);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse(what, "a JSON listing", show(response, text));
  }
  const { sha, siblings } = (value ?? {}) as Record<string, unknown>;
  if (typeof sha !== "string" || !/^[0-9a-f]{40}$/.test(sha)) {
    throw refuse(
      what,
      "a commit of 40 hexadecimal digits",
      show(response, text),
    );
  }
  if (!Array.isArray(siblings)) {
    throw refuse(what, "a list of files", show(response, text));
  }
  return { commit: sha, files: siblings.map((file) => hubFile(file, what)) };
}

/** Reads a short body. */
async function readText(
  response: HubResponse,
  what: string,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of response.body()) {
    text += decoder.decode(piece, { stream: true });
    if (text.length > LONGEST_LISTING) {
      throw refuse(
        what,
        `a listing of at most ${LONGEST_LISTING} bytes`,
        "more",
      );
    }
  }
  return text + decoder.decode();
}

/** Checks one file of the listing. */
function hubFile(value: unknown, what: string): HubFile {
  const { rfilename: name, size, blobId, lfs } = (value ?? {}) as Record<
    string,
    unknown
  >;
  if (typeof name !== "string" || !isPlainPath(name)) {
    throw refuse(
      what,
      "plain file names",
      JSON.stringify(name)?.slice(0, 80) ?? "none",
    );
  }
  const { sha256, size: lfsBytes } = (lfs ?? {}) as Record<string, unknown>;
  const bytes = lfsBytes ?? size;
  const checksum = sha256 ?? blobId;
  return {
    name,
    ...(Number.isSafeInteger(bytes) && bytes as number >= 0 &&
      { bytes: bytes as number }),
    ...(typeof checksum === "string" && { checksum }),
  };
}

/** What came instead, in a few words. */
function show(response: HubResponse, text: string): string {
  const type = response.header("content-type") ?? "no content type";
  return `${type}: ${JSON.stringify(text.slice(0, 60))}`;
}

/** The error of a listing that cannot be used. */
function refuse(what: string, expected: string, got: string): SyntaxError {
  return new SyntaxError(
    `Cannot load ${what} from the hub: expected ${expected}, got ${got}`,
  );
}
