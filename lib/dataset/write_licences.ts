import {
  writeFileAtomically,
  type WriteOptions,
} from "../store/atomic_file.ts";
import type { Dataset } from "./dataset.ts";

/**
 * Writes the licence texts of a dataset beside what was made from it.
 *
 * @param folder Where the derived files are.
 * @param dataset The dataset; one without licences writes nothing.
 * @param options Where to write.
 *
 * @example Usage
 * ```ts
 * import { writeLicences } from "#lib/mod.ts";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const licences = [{ origin: "npm:a@1", text: "Free." }];
 * const dataset = { name: "a", queries: new Map(), documents: new Map(), qrels: {}, licences };
 * await writeLicences(folder, dataset);
 * assertStringIncludes(await Deno.readTextFile(`${folder}/LICENSE-a`), "Free.");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function writeLicences(
  folder: string,
  { name, licences = [] }: Dataset,
  options: WriteOptions = {},
): Promise<void> {
  if (licences.length === 0) return;
  const text = licences.map(({ origin, text }) =>
    `Made from ${origin}, which comes under these terms:\n\n${text}\n`
  );
  await writeFileAtomically(
    `${folder}/LICENSE-${name}`,
    text.join("\n"),
    options,
  );
}
