import "#tests/support/permitted.ts";
import type {
  CountedBackend,
  CountedEntry,
} from "#lib/engine/counted_backend.ts";
import type { OnnxBackend } from "#lib/engine/onnx/onnx_backend.ts";
import type { TokenVectors } from "#lib/encoder/encoder.ts";
import { read, tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { contrastive } from "#lib/loss/contrastive.ts";
import { maxSimScores } from "#lib/score/max_sim_scores.ts";
import { parametersOf } from "#lib/search/retriever.ts";
import { batchGradients } from "#lib/train/batch_gradients.ts";
import type { Prepared } from "#lib/train/prepare.ts";
import type { BatchLoss } from "#lib/train/step.ts";
import { train, type TrainOptions } from "#lib/train/train.ts";
import { tensorFlowBackend } from "#tests/engine/tensorflow/present.ts";
import { torchBackend } from "#tests/engine/torch/present.ts";
import {
  assert,
  assertEquals,
  assertLess,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { BATCH, encoder, QUERIES, WAYS, weights } from "./tiny_batch.ts";
import { prepareTiny, withTinyFiles } from "./tiny_training.ts";

const TEXTS = QUERIES * (1 + WAYS);
const loss: BatchLoss = (q, d, { excluded: exclude }) =>
  contrastive(maxSimScores(q, d), { ways: WAYS, exclude });
const NO_MEMORY = "CUDA out of memory. Tried to allocate 20.00 GiB.";

/** What a backend has open: numbers, and what it holds of its library. */
type Account = () => unknown;

/** The backends whose kernels are ours, where they are, with their accounts. */
const BACKENDS = {
  onnx: async () => {
    await useEngine("onnx");
    const backend = tf.backend() as OnnxBackend;
    return { backend, account: () => backend.memoryUsage().taken };
  },
  torch: async () => {
    const backend = await torchBackend();
    return backend && { backend, account: () => backend.memoryUsage() };
  },
  tensorflow: async () => {
    const backend = await tensorFlowBackend();
    return backend && { backend, account: () => backend.usage() };
  },
};

/** Lets the kernel of one call fail when it has done all its work; counts the calls. */
function failing(backend: CountedBackend<CountedEntry>, at: number) {
  let calls = 0;
  const attempt = backend.attempt;
  backend.attempt = (kernel) =>
    attempt.call(backend, () => {
      const made = kernel();
      if (++calls === at) throw new RangeError(NO_MEMORY);
      return made;
    }) as ReturnType<typeof kernel>;
  return {
    calls: () => calls,
    [Symbol.dispose]: () => Reflect.deleteProperty(backend, "attempt"),
  };
}

/** Loss, gradients, and texts at a time, as plain numbers; nothing else may stay. */
function computed(chunk: number, account: Account, said: string[] = []) {
  const parameters = parametersOf(weights);
  const open = () => [tf.memory().numTensors, tf.memory().numDataBuffers];
  const before = [open(), account()];
  const made = batchGradients(parameters, BATCH, {
    ...{ encoder, loss, chunk },
    dropout: { rate: 0.2, key: 11, step: 3 },
    say: (line) => void said.push(line),
  });
  const numbers = Object.keys(weights).flatMap((name) => [
    ...read(made.gradients[name]!),
  ]);
  tf.dispose({ ...made.gradients });
  assertEquals([open(), account()], before, "tensors held");
  tf.dispose(parameters);
  return { value: made.loss, numbers, chunk: made.chunk };
}

for (const [engine, start] of Object.entries(BACKENDS)) {
  Deno.test(`batchGradients() recovers wherever memory runs out on ${engine}: the same gradient in chunks of half, nothing lost`, async () => {
    const started = await start();
    if (!started) return;
    const { backend, account } = started;
    const [whole, half] = [computed(0, account), computed(TEXTS / 2, account)];
    let calls = 0;
    {
      using counting = failing(backend, 0);
      computed(0, account);
      calls = counting.calls();
    }
    assert(calls > 50, "a batch is many kernels");
    const size = Math.max(...whole.numbers.map(Math.abs));
    for (let at = 1; at <= calls; at += Math.ceil(calls / 12)) {
      using _fault = failing(backend, at);
      const said: string[] = [];
      const got = computed(0, account, said);
      assertEquals(got, { ...half, chunk: TEXTS / 2 }, `fault at call ${at}`);
      assertEquals(said, [
        "Out of memory with 20 texts at a time: goes on with 10",
      ]);
      // 32 bits: some hundred additions in another order, 6e-8 each.
      assertLess(
        Math.max(...got.numbers.map((x, i) => Math.abs(x - whole.numbers[i]!))),
        5e-5 * size,
      );
    }
  });
}

/** The tiny encoder, with memory for so many texts at a time. */
function upTo(most: number): typeof encoder {
  return {
    ...encoder,
    encode: (tokens, ...rest): TokenVectors => {
      const vectors = encoder.encode(tokens, ...rest);
      if (tokens.offsets.length - 1 <= most) return vectors;
      throw new RangeError(NO_MEMORY);
    },
  };
}

Deno.test("batchGradients() halves what it was asked for until it fits, in every part of the batch", async () => {
  await useEngine("reference");
  const parameters = parametersOf(weights);
  const own: BatchLoss = (q, d) =>
    contrastive(maxSimScores(q, d, { ways: WAYS }), { ways: 1 });
  const chunkOf = (most: number, options: object) => {
    const { gradients, chunk } = batchGradients(parameters, BATCH, {
      ...{ encoder: upTo(most), loss: options === IN_PARTS ? own : loss },
      ...options,
    });
    tf.dispose({ ...gradients });
    return chunk;
  };
  const IN_PARTS = { accumulate: 2 };
  assertEquals(chunkOf(20, {}), undefined);
  assertEquals(chunkOf(19, {}), 10);
  assertEquals(chunkOf(4, {}), 3);
  assertEquals(chunkOf(4, { chunk: 8 }), 4);
  assertEquals(chunkOf(4, { chunk: 1000 }), 3);
  assertEquals(chunkOf(4, { chunk: 4 }), undefined);
  assertThrows(
    () => chunkOf(0, {}),
    RangeError,
    `Cannot differentiate a batch: expected memory for one at a time, got: ${NO_MEMORY}; use a smaller --batch`,
  );
  tf.dispose(parameters);
});

/** Trains the tiny model, whose memory gets short after a step. */
async function trained(
  prepared: Prepared,
  { shortAfter, ...options }: TrainOptions & { readonly shortAfter: number },
) {
  let most = Infinity;
  const { encoder } = prepared.model;
  const encode: typeof encoder.encode = (tokens, ...rest) => {
    if (tokens.offsets.length - 1 > most) throw new RangeError(NO_MEMORY);
    return encoder.encode(tokens, ...rest);
  };
  const model = { ...prepared.model, encoder: { ...encoder, encode } };
  const notes: string[] = [];
  await train({ ...prepared, model }, {
    ...options,
    progress: ({ label, note }) => note && notes.push(`${label}: ${note}`),
    onStep: (line) => {
      if (line.step === shortAfter) most = 10;
      options.onStep?.(line);
    },
  });
  return notes;
}

/** The lines of a run's log without their times, and the bits of its model. */
function tracesOf(run: string) {
  const lines = Deno.readTextFileSync(`${run}/metrics.jsonl`).trimEnd()
    .split("\n").map((line) => ({ ...JSON.parse(line), seconds: 0 }));
  return {
    lines,
    weights: Deno.readFileSync(`${run}/model/model.safetensors`),
  };
}

Deno.test("train() goes on in smaller chunks when memory runs out, says and records it, and resumes in them to the same bits", async () => {
  await withTinyFiles(async (files) => {
    const given = {
      ...{ engine: "wasm", steps: 6 },
      ...{ "save-every": 6, "eval-every": 5 },
    };
    const prepared = await prepareTiny(files, given);
    const [out, cut] = [`${files.root}/whole`, `${files.root}/cut`];
    const before = tf.memory().numTensors;
    const notes = await trained(prepared, { out, shortAfter: 3 });
    assertEquals(tf.memory().numTensors, before);
    assertEquals(notes.filter((note) => note.startsWith("train: ")), [
      "train: Out of memory with 24 texts at a time: goes on with 12",
      "train: Out of memory with 12 texts at a time: goes on with 6",
    ]);
    for (const label of ["measure on dev", "measure trained"]) {
      const start = `${label}: Out of memory with `;
      assert(notes.some((note) => note.startsWith(start)), label);
    }
    const whole = tracesOf(out);
    assertEquals(
      whole.lines.map(({ chunk }) => chunk),
      [undefined, undefined, undefined, 6, 6, 6],
    );

    const stop = new AbortController();
    await assertRejects(() =>
      trained(prepared, {
        ...{ out: cut, shortAfter: 3, signal: stop.signal },
        onStep: ({ step }) => step === 5 && stop.abort(),
      }), DOMException);
    // By now there is memory again: the run goes on as it would have gone on.
    await trained(prepared, { out: cut, resume: true, shortAfter: 0 });
    assertEquals(tracesOf(cut), whole);
  });
});
