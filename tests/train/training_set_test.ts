import { assert, assertEquals, assertThrows } from "@std/assert";
import { drawBatch, type TrainingSet } from "#lib/train/training_set.ts";

const documents = Array.from({ length: 40 }, (_, i) => `d${i}`);
const set: TrainingSet = {
  size: 10,
  documents,
  example: (i) => ({
    query: `q${i}`,
    positives: [`d${i}`],
    negatives: [`d${i + 10}`, `d${i + 20}`],
  }),
};
const options = { batch: 3, ways: 3, seed: 5 };

Deno.test("drawBatch() is a pure function of seed and step", () => {
  assertEquals(
    drawBatch(set, { ...options, step: 4 }),
    drawBatch(set, { ...options, step: 4 }),
  );
  const other = drawBatch(set, { ...options, step: 4, seed: 6 });
  assert(
    JSON.stringify(other) !==
      JSON.stringify(drawBatch(set, { ...options, step: 4 })),
  );
});

Deno.test("drawBatch() visits every query at most once an epoch, and reorders the next", () => {
  const epoch = (first: number) =>
    [0, 1, 2].flatMap((i) =>
      drawBatch(set, { ...options, step: first + i }).map((e) => e.query)
    );
  assertEquals(new Set(epoch(0)).size, 9);
  assertEquals(new Set(epoch(3)).size, 9);
  assert(epoch(0).join() !== epoch(3).join());
});

Deno.test("drawBatch() puts a positive first and hard negatives after it", () => {
  for (
    const { query, documents, positives } of drawBatch(set, {
      ...options,
      step: 0,
    })
  ) {
    const i = Number(query.slice(1));
    assertEquals(documents[0], positives[0]);
    assertEquals(
      documents.slice(1).sort(),
      [`d${i + 10}`, `d${i + 20}`].sort(),
    );
  }
});

Deno.test("drawBatch() fills with random documents that are neither relevant nor repeated", () => {
  for (
    const { documents, positives } of drawBatch(set, {
      ...options,
      ways: 12,
      step: 1,
    })
  ) {
    assertEquals(new Set(documents).size, 12);
    assert(documents.slice(1).every((id) => !positives.includes(id)));
  }
});

Deno.test("drawBatch() refuses more ways than there are documents", () => {
  assertThrows(
    () => drawBatch(set, { ...options, ways: 41, step: 0 }),
    RangeError,
    "use a smaller --ways",
  );
});

Deno.test("drawBatch() brings teacher scores in the order of the documents", () => {
  const scored: TrainingSet = {
    ...set,
    example: (i) => {
      const negatives = [`d${i + 10}`, `d${i + 20}`, `d${i + 21}`];
      const teacher = new Map([
        [`d${i}`, 9],
        ...negatives.map((id, j) => [id, j] as [string, number]),
      ]);
      return { query: `q${i}`, positives: [`d${i}`], negatives, teacher };
    },
  };
  for (
    const { documents, query, teacher } of drawBatch(scored, {
      ...options,
      step: 2,
    })
  ) {
    const example = scored.example(Number(query.slice(1)));
    assertEquals(teacher, documents.map((id) => example.teacher!.get(id)!));
  }
  assertThrows(
    () => drawBatch(scored, { ...options, ways: 6, step: 2 }),
    RangeError,
    "with teacher scores",
  );
});
