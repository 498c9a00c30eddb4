import "#tests/support/permitted.ts";
import type { Model } from "#lib/store/model/model.ts";
import type { WeightMap } from "#lib/store/weights/weight_map.ts";
import {
  type KeptHeadDraw,
  keptStartingWeights,
  startingWeights,
} from "#lib/train/head.ts";
import type { Prepared } from "#lib/train/prepare.ts";
import { train } from "#lib/train/train.ts";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { prepareTiny, type TinyFiles, withTinyFiles } from "./tiny_training.ts";

const OPTIONS: KeptHeadDraw = { split: "train", seed: 1, on: "reference" };

/** Starting weights, and whether the head was kept. */
async function weightsAndSource(
  { model, dataset }: Pick<Prepared, "model" | "dataset">,
  { root, ...options }: Partial<KeptHeadDraw> & Pick<TinyFiles, "root">,
): Promise<{ readonly weights: WeightMap; readonly isKept: boolean }> {
  const lines: string[] = [];
  const weights = await keptStartingWeights(
    model,
    dataset,
    { ...OPTIONS, ...options },
    { folder: `${root}/kept`, say: (line) => lines.push(line) },
  );
  assert(lines.every((line) => line.startsWith("Takes head from")), `${lines}`);
  return { weights, isKept: lines.length > 0 };
}

const withTiny = (
  work: (prepared: Prepared, files: TinyFiles) => Promise<void>,
) =>
  withTinyFiles(async (files) =>
    await work(await prepareTiny(files, { engine: "reference", dim: 4 }), files)
  );

Deno.test("keptStartingWeights() has the bits of startingWeights(), fresh and kept", async () => {
  await withTinyFiles(async (files) => {
    for (const [dim, seed] of [[4, 1], [4, 2], [16, 1]] as const) { // of 16 drawn at random
      const prepared = await prepareTiny(files, { engine: "reference", dim });
      const { model, dataset } = prepared;
      const wanted = startingWeights(model, dataset, { ...OPTIONS, seed });
      const options = { root: files.root, seed };
      const fresh = await weightsAndSource(prepared, options);
      const again = await weightsAndSource(prepared, options);
      assertEquals([fresh.isKept, again.isKept], [false, true]);
      assertEquals([fresh.weights, again.weights], [wanted, wanted]);
    }
  });
});

Deno.test("keptStartingWeights() makes another head when anything differs that it depends on", async () => {
  await withTiny(async (prepared, { root }) => {
    const { model, dataset } = prepared;
    await weightsAndSource(prepared, { root });
    const [[name, { shape, values }]] = Object.entries(model.parameters) as [
      [string, WeightMap[string]],
    ];
    const moved = { shape, values: values.with(0, values[0]! + 1e-6) };
    const of = (changes: Partial<Model>) => ({
      model: { ...model, ...changes },
    });
    const documents = new Map(
      [...dataset.documents].map(([id, text]) => [
        id,
        text.split(" ").reverse().join(" "), // as many tokens
      ]),
    );
    const { model: wider } = await prepareTiny(
      { root, model: `${root}/model`, data: `${root}/data` },
      { engine: "reference", dim: 3 },
    );
    const others: Record<string, Partial<Prepared> & Partial<KeptHeadDraw>> = {
      seed: { seed: 2 },
      engine: { on: "onnx" },
      "a weight": of({ parameters: { ...model.parameters, [name]: moved } }),
      configuration: of({ config: { ...model.config, layer_norm_eps: 1e-6 } }),
      family: of({ family: "roberta" }),
      "length of documents": of({
        documentForm: { ...model.documentForm, length: 5 },
      }),
      texts: { dataset: { ...dataset, documents } },
      dim: { model: wider },
    };
    for (
      const [what, { seed = 1, on = "reference", ...changed }] of Object
        .entries(others)
    ) {
      const options = { root, seed, on };
      const { isKept } = await weightsAndSource(
        { ...prepared, ...changed },
        options,
      );
      assertEquals(isKept, false, what);
    }
    assert((await weightsAndSource(prepared, { root })).isKept);
  });
});

Deno.test("keptStartingWeights() draws another head for another seed on the same tokens", async () => {
  await withTiny(async ({ model, dataset }, { root }) => {
    const [first] = dataset.documents;
    const one = {
      model,
      dataset: { ...dataset, documents: new Map([first!]) },
    };
    const head = async (seed: number) => {
      const { weights } = await weightsAndSource(one, { root, seed });
      return weights["head.weight"]!.values;
    };
    assertNotEquals(await head(1), await head(2));
  });
});

Deno.test("keptStartingWeights() makes the head again where the file is damaged", async () => {
  await withTiny(async (prepared, { root }) => {
    const { model, dataset } = prepared;
    const { weights } = await weightsAndSource(prepared, { root });
    const folder = `${root}/kept`;
    const [{ name }] = [...Deno.readDirSync(folder)] as [Deno.DirEntry];
    const bytes = await Deno.readFile(`${folder}/${name}`);
    for (
      const damaged of [bytes.slice(0, -4), bytes.with(bytes.length - 1, 127)]
    ) {
      await Deno.writeFile(`${folder}/${name}`, damaged);
      const lines: string[] = [];
      const say = (line: string) => lines.push(line);
      const again = await keptStartingWeights(model, dataset, OPTIONS, {
        folder,
        say,
      });
      assertEquals(again, weights);
      assert(lines[0]!.startsWith("Computes head again: "), lines[0]);
      assertEquals(lines.length, 1);
    }
  });
});

Deno.test("keptStartingWeights() keeps nothing of a model that has a head", async () => {
  await withTiny(async (prepared, { root }) => {
    const { model, dataset } = prepared;
    const parameters = startingWeights(model, dataset, OPTIONS);
    const headed = { ...model, hasHead: true, parameters };
    const { weights } = await weightsAndSource({ model: headed, dataset }, {
      root,
    });
    assertEquals(weights, parameters);
    assertEquals(
      [...Deno.readDirSync(root)].some(({ name }) => name === "kept"),
      false,
    );
  });
});

Deno.test("train() gives the same metrics with a head that was kept", async () => {
  await withTiny(async (_, files) => {
    const lines: string[] = [];
    const run = async (out: string) => {
      const given = { engine: "reference", steps: 2, "save-every": 0 };
      await train(await prepareTiny(files, given), {
        out: `${files.root}/${out}`,
        cache: `${files.root}/kept`,
        say: (line) => lines.push(line),
      });
      const text = await Deno.readTextFile(
        `${files.root}/${out}/metrics.jsonl`,
      );
      return text.trim().split("\n").map((line) => {
        const { seconds: _seconds, ...rest } = JSON.parse(line);
        return rest;
      });
    };
    const first = await run("a");
    assertEquals(lines.some((line) => line.startsWith("Takes head")), false);
    assertEquals(await run("b"), first);
    assertEquals(
      lines.filter((line) => line.startsWith("Takes head")).length,
      1,
    );
  });
});
