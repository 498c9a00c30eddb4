import "#tests/support/permitted.ts";
import {
  assert,
  assertEquals,
  assertLess,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import {
  type LiveTeacher,
  loadTeacher,
  type LoadTeacherOptions,
} from "#lib/teach/live_teacher.ts";
import {
  type CrossEncoderChanges,
  writeCrossEncoder,
} from "#tests/support/cross_encoder_folder.ts";
import cross from "#tests/fixtures/encoder/cross_encoder.json" with {
  type: "json",
};
import pylate from "#tests/fixtures/store/models.json" with { type: "json" };
import { inTemporaryFolder } from "#tests/store/failing_file_system.ts";
import { MODEL, startHub } from "#tests/store/hub/hub_server.ts";
import { loadChanged, tinyModel } from "#tests/store/model/tiny_models.ts";

/** Loads the fixture's cross-encoder as a teacher. */
async function crossTeacher(
  changes: CrossEncoderChanges = {},
  options: LoadTeacherOptions = {},
): Promise<LiveTeacher> {
  let teacher: LiveTeacher | undefined;
  await inTemporaryFolder(async (folder) => {
    await writeCrossEncoder(folder, changes);
    teacher = await loadTeacher(folder, options);
  });
  return teacher!;
}

/** Every query of the fixture with every document. */
const CROSSED = {
  queries: cross.pairs.map(({ texts }) => texts[0]!),
  documents: cross.pairs.flatMap(() =>
    cross.pairs.map(({ texts }) => texts[1]!)
  ),
};

/** PyLate's texts, every query with every document. */
const TEXTS = {
  queries: pylate.texts.queries,
  documents: pylate.texts.queries.flatMap(() => pylate.texts.documents),
};

/** MaxSim of vectors that PyLate gave, by hand: `[queries * documents]`. */
function maxSimByHand(
  { queries, documents }: {
    readonly queries: number[][][];
    readonly documents: number[][][];
  },
): number[] {
  const dot = (a: number[], b: number[]) =>
    a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  return queries.flatMap((query) =>
    documents.map((document) =>
      query.reduce(
        (sum, q) => sum + Math.max(...document.map((d) => dot(q, d))),
        0,
      )
    )
  );
}

/** Refuses numbers that are further apart than the bound. */
function assertNear(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: number,
): void {
  assertEquals(actual.length, expected.length);
  Array.from(actual).forEach((value, i) =>
    assertLess(Math.abs(value - expected[i]!), bound, `score ${i}`)
  );
}

Deno.test("loadTeacher() gives a cross-encoder's logits, Hugging Face's", async () => {
  await useEngine("reference");
  const teach = await crossTeacher();
  const scores = teach(CROSSED);
  const own = cross.pairs.map((_, i) => scores[i * cross.pairs.length + i]!);
  assertNear(own, cross.pairs.map(({ score }) => score), 1e-6);
  teach.dispose();
});

for (const name of ["pylate", "chain", "stanford"] as const) {
  Deno.test(`loadTeacher() gives the MaxSim of PyLate's vectors for the ${name} folder`, async () => {
    await useEngine("reference");
    const teach = await loadTeacher(tinyModel(name));
    assertNear(teach(TEXTS), maxSimByHand(pylate[name]), 2e-5);
    teach.dispose();
  });
}

Deno.test("a live teacher gives the same scores in parts of any size", async () => {
  await useEngine("reference");
  for (const chunkTokens of [1, 40, 1e9]) {
    const pairs = await crossTeacher({}, { chunkTokens });
    const whole = await crossTeacher();
    assertNear(pairs(CROSSED), whole(CROSSED), 1e-6);
    const parts = await loadTeacher(tinyModel("pylate"), { chunkTokens });
    assertNear(parts(TEXTS), maxSimByHand(pylate.pylate), 2e-5);
    [pairs, whole, parts].forEach((teacher) => teacher.dispose());
  }
});

Deno.test("a live teacher gives one query's documents what it gives them in a batch", async () => {
  await useEngine("reference");
  for (
    const teach of [
      await crossTeacher(),
      await loadTeacher(tinyModel("pylate")),
    ]
  ) {
    const texts = {
      queries: ["late", "what is a score ?"],
      documents: ["the score", "late", "a the . is", "late score", "a", "is a"],
    };
    const together = teach(texts);
    texts.queries.forEach((query, i) =>
      assertNear(
        teach({
          queries: [query],
          documents: texts.documents.slice(3 * i, 3 * i + 3),
        }),
        together.subarray(3 * i, 3 * i + 3),
        1e-6,
      )
    );
    const turned = teach({
      queries: ["late"],
      documents: ["a the . is", "late", "the score"],
    });
    assertNear(turned, together.slice(0, 3).toReversed(), 1e-6);
    teach.dispose();
  }
});

for (const engine of ["wasm", "onnx"] as const) {
  Deno.test(`a live teacher gives the same scores on ${engine}, and leaves no tensor`, async () => {
    await useEngine(engine);
    const before = tf.memory().numTensors;
    const pairs = await crossTeacher();
    const colbert = await loadTeacher(tinyModel("pylate"), { chunkTokens: 40 });
    const loaded = tf.memory().numTensors;
    const scores = pairs(CROSSED);
    const own = cross.pairs.map((_, i) => scores[i * cross.pairs.length + i]!);
    assertNear(own, cross.pairs.map(({ score }) => score), 1e-5);
    assertNear(colbert(TEXTS), maxSimByHand(pylate.pylate), 2e-5);
    assertEquals(tf.memory().numTensors, loaded);
    assert(loaded > before);
    pairs.dispose();
    colbert.dispose();
    assertEquals(tf.memory().numTensors, before);
  });
}

Deno.test("loadTeacher() brings a cross-encoder from the hub", async () => {
  await useEngine("reference");
  await inTemporaryFolder(async (folder) => {
    await writeCrossEncoder(`${folder}/model`);
    const files = [...Deno.readDirSync(`${folder}/model`)].map(({ name }) =>
      [name, { bytes: Deno.readFileSync(`${folder}/model/${name}`) }] as const
    );
    const hub = startHub(Object.fromEntries(files));
    try {
      const teach = await loadTeacher(MODEL, {
        endpoint: hub.endpoint,
        cache: `${folder}/cache`,
        offline: false,
      });
      const { texts: [query, document], score } = cross.pairs[0]!;
      const scores = teach({ queries: [query!], documents: [document!] });
      assertNear(scores, [score], 1e-6);
      teach.dispose();
    } finally {
      await hub.stop();
    }
  });
});

Deno.test("loadTeacher() refuses models without a head, and what is no model", async () => {
  await useEngine("reference");
  for (const name of [tinyModel("plain"), tinyModel("sentence"), "use-lite"]) {
    await assertRejects(
      () => loadTeacher(name),
      RangeError,
      `Cannot teach with ${name}: expected a ColBERT, which has a head, or a cross-encoder`,
    );
  }
  await assertRejects(
    () => loadTeacher("./none"),
    Deno.errors.NotFound,
    "Cannot load",
  );
});

Deno.test("loadTeacher() refuses, before training, a folder that cannot score", async () => {
  await useEngine("reference");
  const before = tf.memory().numTensors;
  await assertRejects(
    () =>
      crossTeacher({
        weights: (weights) => ({
          ...weights,
          "classifier.weight": {
            shape: [1, 8],
            values: new Float32Array(8).fill(3e38),
          },
        }),
      }),
    RangeError,
    "Cannot teach: expected finite scores, got",
  );
  // A query that has no room for its expansion.
  const fields = {
    do_query_expansion: false,
    query_expansion: "plus8",
    query_length: 36,
  };
  await assertRejects(
    () =>
      loadChanged("pylate", async (folder) => {
        const path = `${folder}/config_sentence_transformers.json`;
        const before = JSON.parse(await Deno.readTextFile(path));
        const after = JSON.stringify({ ...before, ...fields });
        await Deno.writeTextFile(path, after);
        await loadTeacher(folder);
      }),
    RangeError,
    "Cannot encode text 0: expected 1 to 40 tokens, got 44",
  );
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("a live teacher refuses a batch that cannot be dealt out, and an empty text", async () => {
  await useEngine("reference");
  for (
    const teach of [
      await crossTeacher(),
      await loadTeacher(tinyModel("pylate")),
    ]
  ) {
    for (
      const [queries, documents] of [
        [["a", "a"], ["a", "a", "a"]],
        [["a"], []],
        [
          [],
          [],
        ],
        [[], ["a"]],
      ] as const
    ) {
      assertThrows(
        () => teach({ queries, documents }),
        ShapeError,
        `Cannot teach: expected queries [queries] and documents [queries * ways], got ${queries.length} queries and ${documents.length} documents`,
      );
    }
    assertThrows(
      () => teach({ queries: ["a"], documents: ["a", " "] }),
      RangeError,
      "1: expected",
    );
    teach.dispose();
  }
});
