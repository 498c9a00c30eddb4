import "#tests/support/permitted.ts";
import { assert, assertEquals, assertLess } from "@std/assert";
import { loadTeacher } from "#lib/teach/live_teacher.ts";
import type { GivenSettings } from "#lib/train/setting_table.ts";
import type { TeachableBatch } from "#lib/train/take_steps.ts";
import { train } from "#lib/train/train.ts";
import {
  prepareTiny,
  type TinyFiles,
  withTinyFiles,
} from "#tests/train/tiny_training.ts";
import { tinyData } from "#tests/support/tiny_data.ts";
import { writeTinyColbert, writeTinyCrossEncoder } from "./tiny_teachers.ts";

/** Distils a teacher into the tiny model, and gives the loss of every step. */
async function distil(
  files: TinyFiles,
  { out, ...given }: GivenSettings & { readonly out: string },
): Promise<{ losses: number[]; batches: TeachableBatch[] }> {
  const prepared = await prepareTiny(files, {
    engine: "reference",
    ways: 4,
    temperature: 1,
    ...given,
  });
  const teacher = await loadTeacher(`${given.teacher}`);
  const [losses, batches]: [number[], TeachableBatch[]] = [[], []];
  await train(prepared, {
    out,
    teach: (batch) => {
      batches.push(batch);
      return teacher(batch);
    },
    onStep: ({ loss }) => losses.push(loss),
  });
  teacher.dispose();
  return { losses, batches };
}

/** The mean of some numbers. */
const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

for (
  const [what, write] of [
    ["cross-encoder", writeTinyCrossEncoder],
    ["ColBERT", writeTinyColbert],
  ] as const
) {
  Deno.test(`train() learns from a live ${what}: the divergence falls, and the run says who taught`, async () => {
    await withTinyFiles(async (files) => {
      const teacher = await write(`${files.root}/teacher`);
      const out = `${files.root}/run`;
      const { losses, batches } = await distil(files, {
        out,
        teacher,
        steps: 24,
      });
      assertEquals(losses.length, 24);
      assertLess(mean(losses.slice(-6)), 0.8 * mean(losses.slice(0, 6)));
      assert(
        batches.every(({ queries, documents }) =>
          queries.length === 8 && documents.length === 32
        ),
      );
      const settings = JSON.parse(
        await Deno.readTextFile(`${out}/settings.json`),
      );
      assertEquals(settings.teacher, teacher);
      assertEquals(settings.loss, "kl");
    });
  });
}

Deno.test("train() takes the live teacher's scores where the data brings others", async () => {
  await withTinyFiles(async (files) => {
    const teacher = await writeTinyCrossEncoder(`${files.root}/teacher`);
    const given = { teacher, steps: 3, negatives: "bm25" };
    const alone = await distil(files, { ...given, out: `${files.root}/alone` });
    const { qrels, corpus } = tinyData();
    const tuples = qrels.train.map((_, i) => ({
      query_id: `q${i}`,
      document_ids: corpus.slice(i, i + 4).map(({ _id }) => _id),
      scores: [4, 3, 2, 1],
    }));
    await Deno.writeTextFile(
      `${files.data}/tuples.jsonl`,
      tuples.map((tuple) => JSON.stringify(tuple)).join("\n") + "\n",
    );
    const both = await distil(files, { ...given, out: `${files.root}/both` });
    assertEquals(both.losses, alone.losses);
    assertEquals(both.batches, alone.batches);
  });
});
