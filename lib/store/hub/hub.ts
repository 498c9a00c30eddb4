import type { Progress } from "../../num/progress.ts";
import {
  type CachedFile,
  type CachedRevision,
  cacheFolder,
  isIntact,
  readCachedRevision,
  writeCachedRevision,
} from "./hub_cache.ts";
import { downloadFromHub } from "./hub_download.ts";
import type { HubId } from "./hub_id.ts";
import {
  type HubFile,
  type HubListing,
  readHubListing,
} from "./hub_listing.ts";
import { requestFromHub } from "./hub_request.ts";
import { sha256OfFile } from "../sha256.ts";

/** How to reach the hub. */
export interface HubOptions {
  /** The hub; `HF_ENDPOINT`, else `https://huggingface.co` by default. */
  readonly endpoint?: string;
  /** A token for private models; `HF_TOKEN` by default. */
  readonly token?: string;
  /** Folder of the cache; default `data/cache/hub`. */
  readonly cache?: string;
  /** Whether to stay off the network; `HF_HUB_OFFLINE=1` by default. */
  readonly offline?: boolean;
  /** Longest wait for the next bytes, milliseconds; default 30,000. */
  readonly idleMs?: number;
  /** Longest file taken, bytes; default 20 GB. */
  readonly mostBytes?: number;
  /** Told how much of each file has come. */
  readonly progress?: Progress;
}

/** A model's files on the disk. */
export interface FetchedModel {
  /** The folder. */
  readonly folder: string;
  /** The commit they are of. */
  readonly commit: string;
  /** Why the cache was taken without asking the hub; absent where it was asked. */
  readonly note?: string;
}

/** The files of a model that are read here; a model's other forms stay on the hub. */
const WANTED =
  /^((tokenizer|tokenizer_config|special_tokens_map|modules|config|config_sentence_transformers|sentence_bert_config|\d+_Dense\/config)\.json|(\d+_Dense\/)?model\.safetensors|vocab\.txt|artifact\.metadata|LICENSE)$/;

/** The one file of weights, and the files in its place where it is cut into parts. */
const WEIGHTS = "model.safetensors";
const INDEX = `${WEIGHTS}.index.json`;
const PARTS = /^model(-\d+-of-\d+\.safetensors|\.safetensors\.index\.json)$/;

/**
 * Brings a model's files from the Hugging Face hub to the cache, or finds them
 * there.
 *
 * The revision is resolved to a commit first; the cache has one folder a commit.
 * Every file is checked against the checksum the hub gives (SHA-256 or git's
 * blob SHA-1) and, whenever it is taken from the cache, against its own. A
 * partial download is called `.part` and never used. A commit that is complete
 * in the cache is taken without asking; a branch is asked for, and taken from
 * the cache where the hub cannot be reached.
 *
 * @param id The model.
 * @param options Endpoint, token, cache.
 * @returns The folder with the files.
 * @throws {Deno.errors.Http} If the hub cannot be reached and the cache has not
 * the model; the error says how to give a folder instead.
 * @throws {Deno.errors.NotFound} If the hub has no such model, revision or file.
 * @throws {Deno.errors.PermissionDenied} If the hub asks for another token.
 * @throws {SyntaxError} If an answer or a file is not what it should be.
 *
 * @example Usage
 * ```ts
 * import { fetchFromHub } from "#lib/mod.ts";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(
 *   () => fetchFromHub({ name: "a/b", revision: "main" }, { offline: true, cache: "none" }),
 *   Deno.errors.NotFound,
 *   "--model DIR",
 * );
 * ```
 */
export async function fetchFromHub(
  id: HubId,
  options: HubOptions = {},
): Promise<FetchedModel> {
  const {
    cache = "data/cache/hub",
    offline = setting("HF_HUB_OFFLINE") === "1",
  } = options;
  const folder = cacheFolder(cache, id);
  const cached = await readCachedRevision(folder, id.revision);
  const isCommit = cached?.commit === id.revision;
  if (offline) {
    return await fromCache(id, {
      folder,
      cached,
      note: "the hub is switched off",
    });
  }
  if (isCommit && await allIntact(folder, cached)) {
    return { folder: `${folder}/${cached.commit}`, commit: cached.commit };
  }
  let listing: HubListing;
  try {
    listing = await askListing(id, options);
  } catch (error) {
    if (!(error instanceof Deno.errors.Http) || cached === undefined) {
      throw error;
    }
    return await fromCache(id, { folder, cached, note: error.message });
  }
  const known = await readCachedRevision(folder, listing.commit);
  const files = await fetchFiles(id, { folder, listing, known, options });
  const record = { commit: listing.commit, files };
  await writeCachedRevision(folder, id.revision, record);
  return { folder: `${folder}/${listing.commit}`, commit: listing.commit };
}

/** Takes a revision from the cache, or says that it is not there. */
async function fromCache(id: HubId, { folder, cached, note }: {
  readonly folder: string;
  readonly cached: CachedRevision | undefined;
  readonly note: string;
}): Promise<FetchedModel> {
  const what = `${id.name}@${id.revision}`;
  if (cached === undefined) {
    throw new Deno.errors.NotFound(
      `Cannot load ${what}: expected it in the cache, since ${note}, got nothing; ` +
        `give a folder instead (--model DIR)`,
    );
  }
  if (!await allIntact(folder, cached)) {
    throw new SyntaxError(
      `Cannot load ${what}: expected the files that were downloaded in ${folder}/${cached.commit}, ` +
        `got others (altered?); remove the folder and load it again with network`,
    );
  }
  return { folder: `${folder}/${cached.commit}`, commit: cached.commit, note };
}

/** Whether every file of a revision is there and unchanged. */
async function allIntact(
  folder: string,
  { commit, files }: CachedRevision,
): Promise<boolean> {
  for (const file of files) {
    if (!await isIntact(`${folder}/${commit}`, file)) return false;
  }
  return true;
}

/** Asks which commit a revision is, and which files it has. */
async function askListing(
  id: HubId,
  options: HubOptions,
): Promise<HubListing> {
  const what = `${id.name}@${id.revision}`;
  const path = `api/models/${id.name}/revision/${
    encodeURIComponent(id.revision)
  }`;
  const url = new URL(`${path}?blobs=true`, endpointOf(options));
  const listing = await readHubListing(
    await requestFromHub(url, requestOf(what, options)),
    what,
  );
  const names = listing.files.map(({ name }) => name);
  const needed = ["config.json", names.includes(INDEX) ? INDEX : WEIGHTS];
  const missing = needed.find((name) => !names.includes(name));
  if (missing !== undefined) {
    throw new Deno.errors.NotFound(
      `Cannot load ${what} from the hub: expected ${missing} among its files, got [${
        names.slice(0, 8).join(", ")
      }]`,
    );
  }
  return listing;
}

/** Brings every wanted file to the commit's folder. */
async function fetchFiles(id: HubId, { folder, listing, known, options }: {
  readonly folder: string;
  readonly listing: HubListing;
  readonly known: CachedRevision | undefined;
  readonly options: HubOptions;
}): Promise<CachedFile[]> {
  const target = `${folder}/${listing.commit}`;
  const files: CachedFile[] = [];
  const isWhole = listing.files.some(({ name }) => name === WEIGHTS);
  const wanted = listing.files.filter(({ name }) =>
    WANTED.test(name) || !isWhole && PARTS.test(name)
  );
  for (const file of wanted) {
    const before = known?.files.find(({ name }) => name === file.name);
    if (before !== undefined && await isIntact(target, before)) {
      files.push(before);
    } else files.push(await fetchFile(id, { file, listing, target, options }));
  }
  return files;
}

/** Downloads one file, and notes its own digest. */
async function fetchFile(id: HubId, { file, listing, target, options }: {
  readonly file: HubFile;
  readonly listing: HubListing;
  readonly target: string;
  readonly options: HubOptions;
}): Promise<CachedFile> {
  const { commit } = listing;
  const path = `${target}/${file.name}`;
  const place = file.name.split("/").map(encodeURIComponent).join("/");
  const url = new URL(
    `${id.name}/resolve/${commit}/${place}`,
    endpointOf(options),
  );
  const { bytes } = await downloadFromHub(url, {
    ...requestOf(`${id.name}/${file.name}`, options),
    path,
    file,
    commit,
    mostBytes: options.mostBytes ?? 20e9,
    ...(options.progress && { progress: options.progress }),
  });
  using open = await Deno.open(path);
  return { name: file.name, bytes, sha256: await sha256OfFile(open) };
}

/** The hub's address, ending in a slash. */
function endpointOf({ endpoint }: HubOptions): string {
  const given = endpoint ?? setting("HF_ENDPOINT") ?? "https://huggingface.co";
  if (URL.canParse(given) && /^https?:$/.test(new URL(given).protocol)) {
    return given.replace(/\/*$/, "/");
  }
  throw new RangeError(
    `Cannot reach the hub: expected an address such as https://huggingface.co in HF_ENDPOINT, got ${
      JSON.stringify(given)
    }`,
  );
}

/** What every request carries. */
function requestOf(what: string, { token, idleMs }: HubOptions) {
  const secret = token ?? setting("HF_TOKEN");
  return {
    what,
    ...(secret !== undefined && secret !== "" && { token: secret }),
    ...(idleMs !== undefined && { idleMs }),
  };
}

/** A setting of the environment; none where reading it is not allowed. */
function setting(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}
