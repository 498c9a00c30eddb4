import { poolOf } from "../dataset/dataset.ts";
import { estimateTraining, spellDuration } from "./estimate.ts";
import type { Prepared } from "./prepare.ts";
import { packDocuments } from "../text/document_form.ts";
import { packQueries } from "../text/query_form.ts";

/** What a run will do, before it does it. */
export interface Plan {
  /** Expected seconds of all training steps. */
  readonly trainingSeconds: number;
  /** Expected seconds of measuring before and after. */
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
  const { settings, model, dataset, engine, test } = prepared;
  const { batch, ways, steps } = settings;
  const query = meanLength(
    dataset.queries.values(),
    (texts) => packQueries(texts, model.tokenizer, model.queryForm).ids.length,
  );
  const document = meanLength(
    poolOf(dataset, settings.split).values(),
    (texts) =>
      packDocuments(texts, model.tokenizer, model.documentForm).ids.length,
  );
  const tokensPerStep = Math.round(batch * (query + ways * document));
  const estimate = estimateTraining(model.encoder, tokensPerStep);
  const collection = test.queries.size * query + test.documents.size * document;
  const trainingSeconds = steps * estimate.stepSeconds;
  const measuringSeconds = 2 * collection * estimate.tokenSeconds;
  const whole = (value: number) => value.toLocaleString("en-US");
  const name = (path: string) => path.replace(/[\\/]+$/, "");
  return {
    trainingSeconds,
    measuringSeconds,
    memoryBytes: estimate.memoryBytes,
    tokensPerStep,
    lines: [
      `Model    ${model.origin}: ${model.family}, vectors of ${model.encoder.dim}${
        model.hasHead ? "" : ", new head"
      }`,
      `Data     ${
        name(settings.data)
      }: trains on split ${settings.split}; measured on ${
        whole(test.queries.size)
      } ${test.split} queries over ${whole(test.documents.size)} documents`,
      `Training ${
        whole(steps)
      } steps of ${batch} queries x ${ways} documents (${settings.negatives} negatives), about ${
        whole(tokensPerStep)
      } tokens a step; loss ${settings.loss}, ${settings.optimizer}, learning rate ${settings.learningRate}`,
      `Engine   ${engine.name} on ${engine.device}`,
      ...engine.why.map((line) => `         ${line}`),
      `Expected ${spellDuration(trainingSeconds)} of training, ${
        spellDuration(measuringSeconds)
      } of measuring, ${(estimate.memoryBytes / 1e9).toFixed(1)} GB of memory`,
      `Run      ${options.out}`,
    ],
  };
}

/** Mean tokens of some texts. */
function meanLength(
  texts: Iterable<string>,
  count: (texts: string[]) => number,
): number {
  const sample: string[] = [];
  for (const text of texts) {
    if (sample.length === SAMPLE) break;
    sample.push(text);
  }
  return count(sample) / sample.length;
}
