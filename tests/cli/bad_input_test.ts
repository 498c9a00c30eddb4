import "#tests/support/permitted.ts";
import {
  assertEquals,
  assertInstanceOf,
  assertStringIncludes,
} from "@std/assert";
import { ShapeError } from "#lib/num/shape_error.ts";
import { asFlags } from "#tests/support/run_task.ts";
import { QRELS_HEADER } from "#tests/support/tiny_data.ts";
import {
  TINY_SETTINGS,
  type TinyFiles,
  withTinyFiles,
} from "#tests/train/tiny_training.ts";
import { append, document, flip, judgement, weights } from "./harm.ts";
import { namesIn, refusalOf } from "./refusal.ts";

/** What goes wrong, and how it must be told. */
interface Mistake {
  /** The mistake, for the test's title. */
  readonly name: string;
  /** Makes it. */
  readonly make?: (files: TinyFiles) => void;
  /** Settings besides the tiny ones. */
  readonly given?: (files: TinyFiles) => Record<string, string | number>;
  /** Class of the error. */
  // deno-lint-ignore no-explicit-any -- any arguments
  readonly kind: new (...args: any[]) => Error;
  /** What its line must say; `DATA`, `MODEL` and `ROOT` stand for the folders. */
  readonly says: readonly string[];
}

const MISTAKES: readonly Mistake[] = [
  {
    name: "a corpus line that is not JSON",
    make: document("{broken"),
    kind: SyntaxError,
    says: [
      "Cannot read DATA/corpus.jsonl:41",
      "expected a JSON object",
      "{broken",
    ],
  },
  {
    name: "a document id given twice",
    make: document('{"_id":"d3","text":"again"}'),
    kind: SyntaxError,
    says: ["DATA/corpus.jsonl:41", '"d3" a second time'],
  },
  {
    name: "an empty document",
    make: document('{"_id":"empty","title":" ","text":""}'),
    kind: SyntaxError,
    says: ["DATA/corpus.jsonl:41", 'some text for "empty"', "remove the line"],
  },
  {
    name: "a document of which the tokenizer keeps nothing",
    make: document('{"_id":"void","text":"\u200b"}'),
    kind: RangeError,
    says: ['Cannot encode document "void"', "at least one token"],
  },
  {
    name: "an empty query",
    make: ({ data }) =>
      append(`${data}/queries.jsonl`, '{"_id":"e","text":""}'),
    kind: SyntaxError,
    says: ["DATA/queries.jsonl:33", 'some text for "e"'],
  },
  {
    name: "a query without a positive",
    make: judgement("q31\td3\t0"),
    kind: SyntaxError,
    says: ["DATA/qrels/train.tsv:26", 'a grade above 0 for query "q31"'],
  },
  {
    name: "a judgement of an unknown document",
    make: judgement("q0\tnobody\t1"),
    kind: SyntaxError,
    says: ["DATA/qrels/train.tsv:26", 'the unknown "nobody"'],
  },
  {
    name: "a judgement of an unknown query",
    make: judgement("nobody\td0\t1"),
    kind: SyntaxError,
    says: ["DATA/qrels/train.tsv:26", 'the unknown "nobody"'],
  },
  {
    name: "a judgement with spaces for tabs",
    make: judgement("q0 d0 1"),
    kind: SyntaxError,
    says: ["DATA/qrels/train.tsv:26", "separated by tabs"],
  },
  {
    name: "judgements without any",
    make: ({ data }) =>
      Deno.writeTextFileSync(`${data}/qrels/test.tsv`, `${QRELS_HEADER}\n`),
    kind: SyntaxError,
    says: ["DATA/qrels/test.tsv", "at least one judgement"],
  },
  {
    name: "a missing data folder",
    given: ({ root }) => ({ data: `${root}/nowhere` }),
    kind: Deno.errors.NotFound,
    says: ["ROOT/nowhere", "a BEIR folder (--data DIR)", "no such folder"],
  },
  {
    name: "a data folder without a corpus",
    given: ({ model }) => ({ data: model }),
    kind: Deno.errors.NotFound,
    says: ["Cannot read MODEL", "corpus.jsonl or corpus.jsonl.gz"],
  },
  {
    name: "a split that is not there",
    given: () => ({ split: "dev" }),
    kind: RangeError,
    says: [
      "Cannot use a split of data",
      "expected one of test, train",
      'got "dev"',
    ],
  },
  {
    name: "data without a split to measure on",
    make: ({ data }) => Deno.removeSync(`${data}/qrels/test.tsv`),
    kind: RangeError,
    says: ["Cannot measure on data", "qrels/test.tsv", "got train"],
  },
  {
    name: "one query to measure on",
    make: ({ data }) =>
      Deno.writeTextFileSync(`${data}/qrels/test.tsv`, "q31\td31\t1\n"),
    kind: RangeError,
    says: ["Cannot measure on data", "two judged queries in qrels/test.tsv"],
  },
  {
    name: "training on the only split to measure on",
    given: () => ({ split: "test" }),
    kind: RangeError,
    says: ["Cannot measure on data", "other than the one that is trained on"],
  },
  {
    name: "a missing model folder",
    given: ({ root }) => ({ model: `${root}/nowhere` }),
    kind: Deno.errors.NotFound,
    says: [
      "Cannot load model ROOT/nowhere",
      "a folder, or a hub id",
      "no such folder",
    ],
  },
  {
    name: "a model folder without weights",
    make: ({ model }) => Deno.removeSync(`${model}/model.safetensors`),
    kind: Deno.errors.NotFound,
    says: ["Cannot load MODEL", "expected model.safetensors"],
  },
  {
    name: "a model's configuration that is not JSON",
    make: ({ model }) => Deno.writeTextFileSync(`${model}/config.json`, "{"),
    kind: SyntaxError,
    says: ["Cannot read MODEL/config.json"],
  },
  {
    name: "a configuration with other sizes than the weights",
    make: ({ model }) => {
      const path = `${model}/config.json`;
      const config = JSON.parse(Deno.readTextFileSync(path));
      Deno.writeTextFileSync(
        path,
        JSON.stringify({ ...config, vocab_size: 99 }),
      );
    },
    kind: ShapeError,
    says: [
      "MODEL/model.safetensors",
      "embeddings.word_embeddings.weight",
      "99",
    ],
  },
  {
    name: "a truncated weight file",
    make: weights((bytes) => bytes.subarray(0, bytes.length - 100)),
    kind: SyntaxError,
    says: ["Cannot read MODEL/model.safetensors", "truncated"],
  },
  {
    name: "an empty weight file",
    make: weights(() => new Uint8Array()),
    kind: SyntaxError,
    says: ["Cannot read MODEL/model.safetensors"],
  },
  {
    name: "a weight file with another header length",
    make: weights(flip(6)),
    kind: SyntaxError,
    says: ["Cannot read MODEL/model.safetensors"],
  },
  {
    name: "a weight file with an altered header",
    make: weights(flip(8)),
    kind: SyntaxError,
    says: ["Cannot read MODEL/model.safetensors"],
  },
  {
    name: "a weight file with an altered number",
    make: weights(flip(-5)),
    kind: SyntaxError,
    says: ["Cannot read MODEL/model.safetensors", "SHA-256"],
  },
  {
    name: "documents longer than the model takes",
    given: () => ({ "document-length": 65 }),
    kind: RangeError,
    says: [
      "Cannot use --document-length: expected at most 64 tokens",
      "got 65",
    ],
  },
  {
    name: "queries longer than the model takes",
    given: () => ({ "query-length": 100 }),
    kind: RangeError,
    says: ["Cannot use --query-length: expected at most 64 tokens", "got 100"],
  },
  {
    name: "more ways than the collection has documents",
    given: () => ({ ways: 41 }),
    kind: RangeError,
    says: ["Cannot use --ways: expected at most 40", "got 41"],
  },
  {
    name: "a batch of more queries than there are",
    given: () => ({ batch: 25 }),
    kind: RangeError,
    says: ["Cannot use --batch: expected at most 24", "got 25"],
  },
  {
    name: "a loss that needs scores the data lacks",
    given: () => ({ loss: "kl" }),
    kind: RangeError,
    says: ["Cannot use --loss kl", "--teacher DIR"],
  },
  {
    name: "negatives the data lacks",
    given: () => ({ negatives: "given" }),
    kind: RangeError,
    says: ["Cannot use --negatives given", "try bm25"],
  },
  {
    name: "a schedule that the optimiser does not take",
    given: () => ({ optimizer: "schedule-free-adamw", schedule: "linear" }),
    kind: RangeError,
    says: ["schedule-free-adamw", "expected schedule constant, got linear"],
  },
  {
    name: "a missing teacher",
    given: ({ root }) => ({ teacher: `${root}/nowhere` }),
    kind: Deno.errors.NotFound,
    says: ["ROOT/nowhere"],
  },
  {
    name: "a folder for a file of settings",
    given: ({ model }) => ({ settings: model }),
    kind: Deno.errors.IsADirectory,
    says: ["Cannot read MODEL: expected a file that may be read"],
  },
  {
    name: "a missing file of settings",
    given: ({ root }) => ({ settings: `${root}/settings.json` }),
    kind: Deno.errors.NotFound,
    says: ["Cannot read ROOT/settings.json"],
  },
];

for (const { name, make, given, kind, says } of MISTAKES) {
  Deno.test(`train refuses ${name}, and begins no run`, async () => {
    await withTinyFiles(async (files) => {
      make?.(files);
      const { root, model, data } = files;
      const out = `${root}/run`;
      const error = await refusalOf(asFlags({
        ...TINY_SETTINGS,
        engine: "wasm",
        model,
        data,
        out,
        ...given?.(files),
      }));
      assertInstanceOf(error, kind, String(error));
      for (const part of says) {
        const expected = part.replace("DATA", data).replace("MODEL", model)
          .replace("ROOT", root);
        assertStringIncludes(error.message, expected);
      }
      assertEquals(namesIn(out), []);
    });
  });
}
