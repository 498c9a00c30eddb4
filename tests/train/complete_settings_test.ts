import { assertEquals, assertThrows } from "@std/assert";
import {
  completeSettings,
  type SettingContext,
} from "#lib/train/complete_settings.ts";

const context: SettingContext = {
  family: "bert",
  trainingQueries: 100,
  teacherScores: false,
  givenNegatives: false,
  engine: "onnx",
};

Deno.test("completeSettings() derives steps from epochs, queries and batch", () => {
  const settings = completeSettings({ batch: 16, epochs: 3 }, context);
  assertEquals(settings.steps, 3 * Math.floor(100 / 16));
});

Deno.test("completeSettings() lets given steps win over epochs", () => {
  assertEquals(completeSettings({ steps: 7, epochs: 3 }, context).steps, 7);
});

Deno.test("completeSettings() takes no more queries a step than there are", () => {
  assertEquals(
    completeSettings({}, { ...context, trainingQueries: 5 }).batch,
    5,
  );
});

Deno.test("completeSettings() keeps a 0 that was given", () => {
  const settings = completeSettings({
    dropout: 0,
    "save-every": 0,
    clip: 0,
    warmup: 0,
  }, context);
  assertEquals([
    settings.dropout,
    settings.saveEvery,
    settings.clip,
    settings.warmup,
  ], [0, 0, 0, 0]);
});

Deno.test("completeSettings() distils where the data has teacher scores", () => {
  const settings = completeSettings({}, {
    ...context,
    teacherScores: true,
    scoredWays: 8,
  });
  assertEquals([settings.loss, settings.ways], ["kl", 8]);
  assertEquals(completeSettings({}, context).loss, "contrastive");
  assertEquals(completeSettings({ teacher: "dir" }, context).loss, "kl");
});

Deno.test("completeSettings() mines with BM25 where the data brings no negatives", () => {
  assertEquals(completeSettings({}, context).negatives, "bm25");
  assertEquals(
    completeSettings({}, { ...context, givenNegatives: true }).negatives,
    "given",
  );
});

Deno.test("completeSettings() computes a step in one piece unless told otherwise", () => {
  const plain = completeSettings({}, context);
  assertEquals([plain.accumulate, plain.chunk, plain.sources], [1, 0, ""]);
  const pieces = completeSettings(
    { loss: "pairwise", accumulate: 4, chunk: 8 },
    context,
  );
  assertEquals([pieces.accumulate, pieces.chunk], [4, 8]);
});

Deno.test("completeSettings() refuses parts of a loss over the whole batch, and more parts than queries", () => {
  assertThrows(
    () => completeSettings({ accumulate: 2 }, context),
    RangeError,
    "Cannot use --accumulate with --loss contrastive: expected a loss that takes each query by itself (all but contrastive), got one over the whole batch; use --chunk",
  );
  assertThrows(
    () =>
      completeSettings({ loss: "pairwise", batch: 4, accumulate: 5 }, context),
    RangeError,
    "Cannot use --accumulate: expected at most 4, the queries of a step, got 5",
  );
});

Deno.test("completeSettings() counts the whole batches of each source", () => {
  const sources = { ...context, sourceQueries: [70, 30] };
  const settings = completeSettings({ batch: 20, epochs: 1 }, sources);
  assertEquals(settings.steps, 3 + 1);
  assertThrows(
    () => completeSettings({ batch: 31 }, sources),
    RangeError,
    "Cannot use --batch: expected at most 30, the queries of the smallest source, got 31",
  );
});

Deno.test("completeSettings() prefers the forms stored with the model", () => {
  const stored = {
    queryLength: 48,
    queryForm: "none",
    documentLength: 300,
    dim: 96,
  };
  const settings = completeSettings({ dim: 64 }, { ...context, stored });
  assertEquals(
    [
      settings.queryLength,
      settings.queryForm,
      settings.documentLength,
      settings.dim,
    ],
    [48, "none", 300, 64],
  );
});

Deno.test("completeSettings() refuses what contradicts the data", () => {
  assertThrows(
    () => completeSettings({ loss: "kl" }, context),
    RangeError,
    "Cannot use --loss kl",
  );
  assertThrows(
    () => completeSettings({ loss: "margin-mse" }, context),
    RangeError,
    "Cannot use --loss margin-mse: expected teacher scores",
  );
  assertThrows(
    () => completeSettings({ loss: "rank-net", teacher: "dir" }, context),
    RangeError,
    "expected a loss that learns from a teacher's scores, such as kl",
  );
  assertThrows(
    () => completeSettings({ negatives: "given" }, context),
    RangeError,
    "Cannot use --negatives given",
  );
});
