import { useEngine } from "#lib/engine/use_engine.ts";
import { read, tensorOf } from "#lib/engine/tensor.ts";
import type { TokenVectors } from "#lib/encoder/encoder.ts";
import { loadModel } from "#lib/store/model/load_model.ts";
import type { Model } from "#lib/store/model/model.ts";
import { inTemporaryFolder } from "../failing_file_system.ts";
import { packDocuments } from "#lib/text/document_form.ts";
import { packQueries } from "#lib/text/query_form.ts";
import { fileURLToPath } from "node:url";

/** Folder of a tiny model that `make_models.py` made. */
export function tinyModel(name: string): string {
  return fileURLToPath(
    new URL(`../../fixtures/store/models/${name}`, import.meta.url),
  );
}

/** The counted vectors of texts, as PyLate gives them: `[texts][tokens][dim]`. */
export async function encoded(
  model: Model,
  { queries, documents }: {
    readonly queries: string[];
    readonly documents: string[];
  },
): Promise<{ queries: number[][][]; documents: number[][][] }> {
  await useEngine("reference");
  const parameters = Object.fromEntries(
    Object.entries(model.parameters).map((
      [name, { shape, values }],
    ) => [name, tensorOf(values, shape)]),
  );
  const { encoder, tokenizer, queryForm, documentForm } = model;
  return {
    queries: counted(
      encoder.encode(packQueries(queries, tokenizer, queryForm), parameters),
    ),
    documents: counted(
      encoder.encode(
        packDocuments(documents, tokenizer, documentForm),
        parameters,
      ),
    ),
  };
}

/** The rows that scoring counts, by text. */
function counted({ values, offsets, keep }: TokenVectors): number[][][] {
  const numbers = read(values);
  const dim = values.shape[1]!;
  return Array.from({ length: offsets.length - 1 }, (_, text) => {
    const rows: number[][] = [];
    for (let token = offsets[text]!; token < offsets[text + 1]!; token++) {
      if (keep[token]) {
        rows.push([...numbers.slice(token * dim, (token + 1) * dim)]);
      }
    }
    return rows;
  });
}

/** Largest difference between two lists of vectors of the same shape; infinite for other shapes. */
export function largestDifference(a: number[][][], b: number[][][]): number {
  const shape = (vectors: number[][][]) =>
    JSON.stringify(vectors.map((rows) => rows.map((row) => row.length)));
  if (shape(a) !== shape(b)) return Infinity;
  const [flatA, flatB] = [a.flat(2), b.flat(2)];
  return Math.max(...flatA.map((value, i) => Math.abs(value - flatB[i]!)));
}

/** Copies a folder. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

/** Loads a copy of a tiny model after something was done to it. */
export async function loadChanged(
  name: string,
  change: (folder: string) => Promise<unknown>,
): Promise<Model> {
  let model: Model | undefined;
  await inTemporaryFolder(async (folder) => {
    await copyFolder(tinyModel(name), folder);
    await change(folder);
    model = await loadModel(folder);
  });
  return model!;
}
