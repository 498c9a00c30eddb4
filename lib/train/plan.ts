import { poolOf } from "../dataset/dataset.ts";
import { estimateTraining, spellDuration } from "./estimate.ts";
import type { Prepared } from "./prepare.ts";
import { packDocuments } from "../text/document_form.ts";
import { packQueries } from "../text/query_form.ts";

/** What a run will do, before it does it. */
export interface Plan {
  /** Expected seconds of all training steps. */
  readonly trainingSeconds: number;
  /** Expected seconds of measuring the model as it came and as it was trained. */
  readonly measuringSeconds: number;
  /** Expected peak memory, bytes. */
  readonly memoryBytes: number;
  /** Tokens of an average step. */
  readonly tokensPerStep: number;
  /** Lines for people. */
  readonly lines: readonly string[];
}

/** Texts of each kind whose tokens are counted. */
const SAMPLE = 64;

/**
 * Says what a run will do, how long it will take and what memory it will need.
 *
 * @param prepared What will be trained.
 * @param options Folder of the run, and steps already taken.
 * @returns The plan; times are right within a factor of about 1.5.
 */
export function planTraining(
  prepared: Prepared,
  options: { readonly out: string },
): Plan {
  const { settings, model, test } = prepared;
  const { query, document } = meanTokens(prepared);
  const tokensPerStep = Math.round(
    settings.batch * (query + settings.ways * document),
  );
  const estimate = estimateTraining(model.encoder, tokensPerStep, {
    held: heldTokens(settings, tokensPerStep),
    isCached: settings.chunk > 0,
  });
  const collection = test.queries.size * query + test.documents.size * document;
  const expected = {
    trainingSeconds: settings.steps * estimate.stepSeconds,
    measuringSeconds: 2 * collection * estimate.tokenSeconds,
    memoryBytes: estimate.memoryBytes,
    tokensPerStep,
  };
  return { ...expected, lines: linesOf(prepared, expected, options.out) };
}

/** Tokens of a step whose activations are held at a time. */
function heldTokens(
  { batch, ways, accumulate, chunk }: Prepared["settings"],
  tokens: number,
): number {
  const texts = batch * (1 + ways) / accumulate;
  const share = chunk > 0 ? Math.min(1, chunk / texts) : 1;
  return tokens / accumulate * share;
}

/** Mean tokens of a training query and of a training document, over the sources. */
function meanTokens({ settings, model, sources }: Prepared) {
  const { tokenizer, queryForm, documentForm } = model;
  const query = sources.map(({ queries }) =>
    meanLength(
      queries,
      (texts, ids) =>
        packQueries(texts, tokenizer, { ...queryForm, ids }).ids.length,
    )
  );
  const document = sources.map((source) =>
    meanLength(
      poolOf(source, settings.split),
      (texts, ids) =>
        packDocuments(texts, tokenizer, { ...documentForm, ids }).ids.length,
    )
  );
  return { query: mean(query), document: mean(document) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** What people read of a plan. */
function linesOf(
  { settings, model, engine, test }: Prepared,
  expected: Omit<Plan, "lines">,
  out: string,
): string[] {
  const { trainingSeconds, measuringSeconds, memoryBytes } = expected;
  return [
    `Model    ${model.origin}: ${model.family}, vectors of ${model.encoder.dim}${
      model.hasHead ? "" : ", new head"
    }`,
    `Data     ${name(settings.data)}: ${
      settings.sources === ""
        ? `trains on split ${settings.split}`
        : `trains on split ${settings.split} of ${settings.sources}`
    }; measured on ${whole(test.queries.size)} ${test.split} queries over ${
      whole(test.documents.size)
    } documents`,
    stepsLine(settings, expected.tokensPerStep),
    `Engine   ${engine.name} on ${engine.device}`,
    ...engine.why.map((line) => `         ${line}`),
    `Expected ${spellDuration(trainingSeconds)} of training, ${
      spellDuration(measuringSeconds)
    } of measuring, ${(memoryBytes / 1e9).toFixed(1)} GB of memory`,
    `Run      ${out}`,
  ];
}

/** What a step is. */
function stepsLine(settings: Prepared["settings"], tokens: number): string {
  const { accumulate, chunk } = settings;
  const pieces = [
    ...(accumulate > 1 ? [`in ${accumulate} parts`] : []),
    ...(chunk > 0 ? [`${chunk} texts at a time`] : []),
  ];
  return `Training ${
    whole(settings.steps)
  } steps of ${settings.batch} queries x ${settings.ways} documents (${settings.negatives} negatives), about ${
    whole(tokens)
  } tokens a step${
    pieces.map((piece) => `, ${piece}`).join("")
  }; loss ${settings.loss}, ${settings.optimizer}, learning rate ${settings.learningRate}`;
}

function whole(value: number): string {
  return value.toLocaleString("en-US");
}

/** A path without slashes at its end. */
function name(path: string): string {
  return path.replace(/[\\/]+$/, "");
}

/** Mean tokens of some texts. */
function meanLength(
  texts: ReadonlyMap<string, string>,
  count: (texts: string[], ids: string[]) => number,
): number {
  const sample = new Map<string, string>();
  for (const [id, text] of texts) {
    if (sample.size === SAMPLE) break;
    sample.set(id, text);
  }
  return count([...sample.values()], [...sample.keys()]) / sample.size;
}
