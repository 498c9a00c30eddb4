import "#tests/support/permitted.ts";
import { loadModel } from "#lib/store/model/load_model.ts";
import { saveModel } from "#lib/store/model/save_model.ts";
import { DiskFullError } from "#lib/store/disk_full_error.ts";
import { sha256Of } from "#lib/store/sha256.ts";
import type { WeightMap } from "#lib/store/weights/weight_map.ts";
import type { QueryForm } from "#lib/text/query_form.ts";
import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import facts from "#tests/fixtures/store/models.json" with { type: "json" };
import {
  failingFileSystem,
  inTemporaryFolder,
  namesIn,
} from "../failing_file_system.ts";
import { encoded, largestDifference, tinyModel } from "./tiny_models.ts";

/** Whether two sets of weights are the same to the bit. */
function sameBits(a: WeightMap, b: WeightMap): boolean {
  const bits = ({ shape, values }: WeightMap[string]) =>
    `${shape}/${new Uint32Array(
      values.buffer,
      values.byteOffset,
      values.length,
    )}`;
  return Object.keys(a).sort().join() === Object.keys(b).sort().join() &&
    Object.keys(a).every((name) => bits(a[name]!) === bits(b[name]!));
}

Deno.test("saveModel() writes the files that PyLate was shown to open, and encodes alike", async () => {
  await inTemporaryFolder(async (parent) => {
    const folder = `${parent}/model`;
    const model = await loadModel(tinyModel("stanford"));
    await saveModel(folder, model, model.parameters);
    for (const [name, digest] of Object.entries(facts.saved.digests)) {
      assertEquals(
        [name, sha256Of([await Deno.readFile(`${folder}/${name}`)])],
        [name, digest],
      );
    }
    const again = await loadModel(folder);
    const got = await encoded(again, facts.texts);
    assertLess(largestDifference(got.queries, facts.saved.queries), 2e-6);
    assertLess(largestDifference(got.documents, facts.saved.documents), 2e-6);
  });
});

for (const source of ["use-lite", "pylate", "chain", "stanford"]) {
  Deno.test(`loadModel() gives back every bit and both forms that saveModel() was given from "${source}"`, async () => {
    await inTemporaryFolder(async (parent) => {
      const model = await loadModel(
        source === "use-lite" ? source : tinyModel(source),
        source === "use-lite" ? { dim: 2 } : {},
      );
      const head = {
        shape: [2, 512],
        values: Float32Array.from({ length: 1024 }, (_, i) => Math.sin(i)),
      };
      const weights = { "head.weight": head, ...model.parameters };
      await saveModel(`${parent}/model`, model, weights);
      const again = await loadModel(`${parent}/model`);
      assert(again.hasHead && sameBits(again.parameters, weights));
      assertEquals(again.queryForm, model.queryForm);
      assertEquals(again.documentForm, model.documentForm);
      const text = "the tokens of a text, late!";
      assertEquals(again.tokenizer.encode(text), model.tokenizer.encode(text));
      assertEquals(again.files.LICENSE, model.files.LICENSE);
    });
  });
}

Deno.test("loadModel() gives back every query form that saveModel() was given", async () => {
  const model = await loadModel(tinyModel("pylate"));
  for (
    const expansion of [
      "none",
      "fixed",
      "plus8",
      "dynamic-paper",
      "dynamic-code",
    ] as const
  ) {
    for (const attendMask of [true, false]) {
      await inTemporaryFolder(async (parent) => {
        const queryForm: QueryForm = { length: 9, expansion, attendMask };
        const documentForm = { length: 11, skiplist: [] };
        await saveModel(
          `${parent}/m`,
          { ...model, queryForm, documentForm },
          model.parameters,
        );
        const again = await loadModel(`${parent}/m`);
        assertEquals(again.queryForm, queryForm);
        assertEquals(again.documentForm, documentForm);
      });
    }
  }
});

Deno.test("loadModel() refuses a saved model of which any weight was altered", async () => {
  await inTemporaryFolder(async (parent) => {
    const model = await loadModel(tinyModel("pylate"));
    await saveModel(`${parent}/m`, model, model.parameters);
    for (const name of ["model.safetensors", "1_Dense/model.safetensors"]) {
      const path = `${parent}/m/${name}`;
      const bytes = await Deno.readFile(path);
      const altered = bytes.slice();
      altered[altered.length - 3]! ^= 1;
      await Deno.writeFile(path, altered);
      await assertRejects(
        () => loadModel(`${parent}/m`),
        SyntaxError,
        `Cannot read ${path}: expected data with SHA-256`,
      );
      await Deno.writeFile(path, bytes);
    }
  });
});

Deno.test("saveModel() leaves the old folder whole when the disk is full", async () => {
  const model = await loadModel(tinyModel("pylate"));
  let finished = false;
  for (let at = 0; !finished; at += 3) {
    await inTemporaryFolder(async (parent) => {
      await saveModel(`${parent}/m`, model, model.parameters);
      const full = failingFileSystem(at, "disk full");
      const error = await saveModel(
        `${parent}/m`,
        model,
        model.parameters,
        full,
      ).catch((error) => error);
      finished = error === undefined;
      assert(finished || error instanceof DiskFullError);
      assertEquals(namesIn(parent), ["m"]);
      assert(
        sameBits((await loadModel(`${parent}/m`)).parameters, model.parameters),
      );
    });
  }
});

Deno.test("saveModel() refuses weights that are missing, of another shape or not finite", async () => {
  await inTemporaryFolder(async (parent) => {
    const model = await loadModel(tinyModel("pylate"));
    const save = (weights: WeightMap) => () =>
      saveModel(`${parent}/m`, model, weights);
    const { "head.weight": head, ...headless } = model.parameters;
    await assertRejects(
      save(headless),
      TypeError,
      'expected tensor "head.weight" [8, 16], got none',
    );
    const turned = { ...head!, shape: [16, 8] };
    await assertRejects(
      save({ ...headless, "head.weight": turned }),
      TypeError,
      "got [16, 8]",
    );
    const infinite = { ...head!, values: head!.values.map(() => Infinity) };
    await assertRejects(
      save({ ...headless, "head.weight": infinite }),
      RangeError,
      `Cannot save a model as ${parent}/m: expected finite weights, got Infinity in tensor "head.weight"`,
    );
    assertEquals(namesIn(parent), []);
  });
});
