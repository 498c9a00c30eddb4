/**
 * A peer that answers as those of `tests/bench/peers` do, without Python: every turn
 * takes half a second of its own telling, and it computes what it is asked in the
 * plainest way. `threads` 13 makes it fail at its second turn; `batch` 1
 * makes it encode wrongly.
 *
 * @module
 */
/** What every program of `tests/bench/peers` may be told. */
interface Told {
  readonly threads: number;
  readonly dim: number;
  readonly learningRate?: number;
  readonly batch?: number;
  readonly queries: string | readonly string[];
  readonly queryLengths: readonly number[];
  readonly documents: string;
  readonly documentLengths: readonly number[];
  readonly scores: string;
  readonly model: string;
  readonly texts: readonly string[];
  readonly vectors?: string;
}

const settings: Told = JSON.parse(Deno.readTextFileSync(Deno.args[0]!));
const say = (value: unknown) => console.log(JSON.stringify(value));
say({ ready: true });
let turns = 0;
for await (
  const _line of Deno.stdin.readable.pipeThrough(new TextDecoderStream())
) {
  turns++;
  if (settings.threads === 13 && turns === 2) {
    console.error("Traceback\nMemoryError: no memory left");
    Deno.exit(1);
  }
  say({ seconds: 0.5, ...turns === 1 ? await answer() : {} });
}
say({ peakMemoryBytes: 1, turns, rate: settings.learningRate });

/** What the first turn tells. */
async function answer(): Promise<Readonly<Record<string, unknown>>> {
  if (settings.vectors !== undefined) return await writeVectors();
  if (typeof settings.queries !== "string") {
    return { loss: settings.queries.length };
  }
  writeScores();
  return {};
}

/** Encodes the texts one by one on `reference`. */
async function writeVectors(): Promise<{ lengths: number[] }> {
  const { loadModel, packDocuments, read, useEngine } = await import(
    "#lib/mod.ts"
  );
  const { retrieverOf } = await import("#lib/search/retriever.ts");
  await useEngine("reference");
  const { encoder, parameters, tokenizer, documentForm } = retrieverOf(
    await loadModel(settings.model, { dim: settings.dim }),
  );
  const rows = settings.texts.map((text) => {
    const { values, keep } = encoder.encode(
      packDocuments([text], tokenizer, documentForm),
      parameters,
    );
    const numbers = read(values);
    return [...keep].flatMap((kept, row) =>
      kept
        ? [...numbers.subarray(row * settings.dim, (row + 1) * settings.dim)]
        : []
    );
  });
  if (settings.batch === 1) rows[0]![0]! += 0.5;
  write(settings.vectors!, rows.flat());
  return { lengths: rows.map((row) => row.length / settings.dim) };
}

/** The definition of MaxSim, pair by pair. */
function writeScores(): void {
  const [queries, documents] = [
    cut(settings.queries as string, settings.queryLengths),
    cut(settings.documents, settings.documentLengths),
  ];
  const dot = (a: Float32Array, b: Float32Array) =>
    a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const scores = queries.flatMap((query) =>
    documents.map((document) =>
      query.reduce(
        (sum, q) => sum + Math.max(...document.map((d) => dot(q, d))),
        0,
      )
    )
  );
  write(settings.scores, scores);
}

/** A file's vectors by text. */
function cut(path: string, lengths: readonly number[]): Float32Array[][] {
  const values = new Float32Array(Deno.readFileSync(path).buffer);
  let row = 0;
  return lengths.map((length) =>
    Array.from({ length }, () => {
      const start = row++ * settings.dim;
      return values.subarray(start, start + settings.dim);
    })
  );
}

function write(path: string, values: readonly number[]): void {
  Deno.writeFileSync(path, new Uint8Array(Float32Array.from(values).buffer));
}
