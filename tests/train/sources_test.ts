import "#tests/support/permitted.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { loadTeacher } from "#lib/teach/live_teacher.ts";
import { planTraining } from "#lib/train/plan.ts";
import { smallerTest } from "#lib/train/smaller_test_bed.ts";
import { train } from "#lib/train/train.ts";
import { tinyData, writeTinyData } from "#tests/support/tiny_data.ts";
import { resultDigests, stepsOf } from "#tests/support/kill_and_resume.ts";
import { prepareTiny, type TinyFiles, withTinyFiles } from "./tiny_training.ts";

const ENGINE = { engine: "wasm", batch: 4, steps: 6, "save-every": 2 };

/** A second collection in the same folder: every text a word longer, eight queries. */
async function second({ root }: TinyFiles): Promise<string> {
  const { corpus, queries, qrels } = tinyData();
  const marked = (text: string) => `one ${text}`;
  return await writeTinyData(`${root}/second`, {
    corpus: corpus.map((line) => ({ ...line, text: marked(line.text) })),
    queries: queries.map((line) => ({ ...line, text: marked(line.text) })),
    qrels: { train: qrels.train.slice(0, 8), test: qrels.test },
  });
}

Deno.test("prepareTraining() trains on the sources and measures on the data", async () => {
  await withTinyFiles(async (files) => {
    const other = await second(files);
    const prepared = await prepareTiny(files, {
      ...{ engine: "reference", batch: 4 },
      sources: `${files.data}/, ${other}`,
      "eval-every": 3,
      epochs: 1,
    });
    const { dataset, sources, settings, test } = prepared;
    assertEquals(sources.length, 2);
    assert(sources[0] === dataset, "the measured folder, dev carved out");
    assertEquals(sources.map(({ qrels }) => qrels.train?.size), [22, 8]);
    assertEquals(test.documents.size, 40);
    // Five whole batches of 22 queries, and two of 8; given steps win over epochs.
    assertEquals([settings.batch, settings.steps], [4, 20]);
    const { lines } = planTraining(prepared, { out: "run" });
    assertStringIncludes(lines.join("\n"), `train of ${files.data}/, ${other}`);
    const smaller = smallerTest(prepared, { queries: 2, documents: 5 });
    assert(smaller.sources[0] === smaller.dataset);
    assert(smaller.sources[1] === sources[1]);
  });
});

Deno.test("prepareTraining() counts an epoch's whole batches of each source", async () => {
  await withTinyFiles(async (files) => {
    const { model, data } = files;
    const { prepareTraining } = await import("#lib/train/prepare.ts");
    const { settings } = await prepareTraining({
      ...{ engine: "reference", model, data, batch: 5, epochs: 2 },
      sources: `${data},${await second(files)}`,
    });
    assertEquals(settings.steps, 2 * (4 + 1));
  });
});

Deno.test("prepareTraining() refuses sources that cannot be drawn from", async () => {
  await withTinyFiles(async (files) => {
    const other = await second(files);
    const refused = async (given: Record<string, string | number>) => {
      const whole = { engine: "reference", ...given };
      const error = await assertRejects(() => prepareTiny(files, whole));
      return (error as Error).message;
    };
    const twice = `${other},${files.root}/./second`;
    assertEquals(
      await refused({ sources: twice }),
      `Cannot use --sources: expected every folder once, got ${files.root}/./second twice`,
    );
    assertEquals(
      await refused({ sources: `${other},` }),
      `Cannot use --sources: expected folders by commas, got "${other},"`,
    );
    assertEquals(
      await refused({ sources: `${files.data},${other}`, batch: 9 }),
      "Cannot use --batch: expected at most 8, the queries of the smallest source, got 9",
    );
    assertStringIncludes(
      await refused({ sources: "none,nowhere" }),
      "Cannot load data none",
    );
    assertStringIncludes(
      await refused({ sources: other, loss: "kl" }),
      "Cannot use --loss kl: expected teacher scores in the data or --teacher DIR",
    );
  });
});

Deno.test("train() draws every batch from one source, in proportion", async () => {
  await withTinyFiles(async (files) => {
    const other = await second(files);
    const teacher = `${files.root}/teacher/model`;
    await train(await prepareTiny(files, { ...ENGINE, steps: 1 }), {
      out: `${files.root}/teacher`,
    });
    const prepared = await prepareTiny(files, {
      ...{ ...ENGINE, steps: 8, teacher },
      sources: `${files.data},${other}`,
    });
    const teach = await loadTeacher(teacher);
    const marks: boolean[][] = [];
    await train(prepared, {
      out: `${files.root}/run`,
      teach: (batch) => {
        const texts = [...batch.queries, ...batch.documents];
        marks.push(texts.map((text) => text.split(" ").length === 5));
        return teach(batch);
      },
    });
    teach.dispose();
    assert(marks.every((one) => new Set(one).size === 1), "one source a batch");
    // 24 and 8 queries by fours: six batches and two.
    assertEquals(marks.filter(([isSecond]) => isSecond).length, 2);
    assertEquals(marks.length, 8);
  });
});

for (
  const [name, given] of Object.entries({
    "several sources": { several: true },
    "GradCache and dropout": { chunk: 3, dropout: 0.1 },
    "accumulated parts": { accumulate: 3, loss: "pairwise", dropout: 0.1 },
  })
) {
  Deno.test(`train() with ${name}, stopped and resumed, ends with the bits of a run that was not`, async () => {
    await withTinyFiles(async (files) => {
      const { several, ...rest } = given as Record<string, string | number>;
      const sources = `${files.data},${await second(files)}`;
      const prepare = () =>
        prepareTiny(files, { ...ENGINE, ...rest, ...(several && { sources }) });
      const [straight, halting] = [`${files.root}/a`, `${files.root}/b`];
      await train(await prepare(), { out: straight });
      const stop = new AbortController();
      await assertRejects(async () =>
        await train(await prepare(), {
          out: halting,
          signal: stop.signal,
          onStep: ({ step }) => step === 3 && stop.abort(),
        })
      );
      await train(await prepare(), { out: halting, resume: true });
      assertEquals(await resultDigests(halting), await resultDigests(straight));
      assertEquals(stepsOf(halting), stepsOf(straight));
    });
  });
}

Deno.test("train() in chunks takes the steps of the whole batch", async () => {
  await withTinyFiles(async (files) => {
    const losses = async (out: string, given: Record<string, number>) => {
      const engine = { ...ENGINE, engine: "reference", optimizer: "sgd" };
      await train(await prepareTiny(files, { ...engine, ...given }), {
        out: `${files.root}/${out}`,
      });
      const lines = stepsOf(`${files.root}/${out}`) as { loss: number }[];
      return lines.map(({ loss }) => loss);
    };
    const whole = await losses("whole", {});
    const chunks = await losses("chunks", { chunk: 2 });
    // 64 bits in another order of additions, over six steps of SGD.
    whole.forEach((loss, i) => assert(Math.abs(loss - chunks[i]!) < 1e-9));
  });
});
