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
    () => completeSettings({ negatives: "given" }, context),
    RangeError,
    "Cannot use --negatives given",
  );
});
