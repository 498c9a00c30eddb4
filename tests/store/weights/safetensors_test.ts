import "#tests/support/permitted.ts";
import {
  readArrays,
  readSafetensors,
  readSafetensorsHeader,
} from "#lib/store/weights/read_safetensors.ts";
import { sha256Of } from "#lib/store/sha256.ts";
import type { ArrayMap, StoredArray } from "#lib/store/weights/weight_map.ts";
import {
  safetensorsChunks,
  writeSafetensors,
} from "#lib/store/weights/write_safetensors.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import fixture from "#tests/fixtures/store/safetensors.json" with {
  type: "json",
};
import { sample } from "#tests/fixtures/store/sample.ts";
import { inTemporaryFolder } from "../failing_file_system.ts";

/** Whether two maps hold the same names, shapes, widths and bits. */
function sameBits(a: ArrayMap, b: ArrayMap): boolean {
  const bits = ({ shape, values }: StoredArray) =>
    `${shape}/${values.constructor.name}/${new Uint8Array(
      values.buffer,
      values.byteOffset,
      values.byteLength,
    )}`;
  return Object.keys(a).sort().join() === Object.keys(b).sort().join() &&
    Object.keys(a).every((name) => bits(a[name]!) === bits(b[name]!));
}

Deno.test("readSafetensors() reads every type that Python's safetensors writes", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = `${folder}/types.safetensors`;
    await Deno.writeFile(
      path,
      Uint8Array.from(atob(fixture.types), (c) => c.charCodeAt(0)),
    );
    const wide = await readArrays(path);
    const narrow = await readSafetensors(path);
    assertEquals(Object.keys(wide).sort(), Object.keys(fixture.values).sort());
    for (const [name, { shape, values }] of Object.entries(fixture.values)) {
      assertEquals(wide[name]!.shape, shape);
      assertEquals([...wide[name]!.values], values);
      assert(narrow[name]!.values instanceof Float32Array);
      assertEquals([...narrow[name]!.values], values.map(Math.fround));
    }
  });
});

Deno.test("writeSafetensors() writes the bytes that Python's safetensors was shown to read", () => {
  const { sha256, read } = fixture.ours;
  assertEquals(sha256Of(safetensorsChunks(sample, { digest: true })), sha256);
  const names = Object.keys(sample) as (keyof typeof sample)[];
  assertEquals(names.toSorted(), Object.keys(read).sort() as typeof names);
  for (const name of names) {
    assertEquals(read[name].shape, [...sample[name].shape]);
    assertEquals(read[name].values, [...sample[name].values]);
  }
});

Deno.test("readArrays() gives back the bits that writeSafetensors() was given", async () => {
  const array = fc.oneof(
    fc.array(fc.float()).map((values) => Float32Array.from(values)),
    fc.array(fc.double()).map((values) => Float64Array.from(values)),
  ).map((values): StoredArray => ({ shape: [values.length], values }));
  const name = fc.string({ maxLength: 12, unit: "binary" })
    .filter((text) => !text.startsWith("__"));
  const arrays = fc.uniqueArray(fc.tuple(name, array), {
    selector: ([name]) => name,
    maxLength: 5,
  })
    .map((entries) => Object.fromEntries(entries) as ArrayMap);
  await inTemporaryFolder(async (folder) => {
    await fc.assert(
      fc.asyncProperty(arrays, fc.boolean(), async (arrays, digest) => {
        await writeSafetensors(`${folder}/a`, arrays, { digest });
        return sameBits(await readArrays(`${folder}/a`), arrays);
      }),
      { numRuns: 60 },
    );
  });
});

Deno.test("readArrays() reads the selected tensors only", async () => {
  await inTemporaryFolder(async (folder) => {
    await writeSafetensors(`${folder}/a`, sample, { digest: true });
    const read = await readArrays(`${folder}/a`, {
      select: (name) => name === "m.wide",
    });
    assert(sameBits(read, { "m.wide": sample["m.wide"] }));
  });
});

Deno.test("readArrays() refuses a file cut at any length, and one byte too many", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = `${folder}/a`;
    await writeSafetensors(path, sample);
    const whole = await Deno.readFile(path);
    for (let length = 0; length <= whole.length + 1; length++) {
      if (length === whole.length) continue;
      const bytes = new Uint8Array(length);
      bytes.set(whole.subarray(0, length));
      await Deno.writeFile(path, bytes);
      await assertRejects(
        () => readArrays(path),
        SyntaxError,
        `Cannot read ${path}: expected `,
      );
    }
  });
});

Deno.test("readArrays() refuses data of which any byte was altered, when written with its digest", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = `${folder}/a`;
    await writeSafetensors(path, sample, { digest: true });
    const whole = await Deno.readFile(path);
    const { entries } = await readSafetensorsHeader(path);
    const bytes = [...entries.values()].at(-1)!.end;
    for (let at = whole.length - bytes; at < whole.length; at++) {
      const altered = whole.slice();
      altered[at]! ^= 0x10;
      await Deno.writeFile(path, altered);
      await assertRejects(() => readArrays(path), SyntaxError, "(altered?)");
    }
  });
});

Deno.test("readArrays() fails with one clear error, or reads, when any byte of the header is altered", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = `${folder}/a`;
    const [head, ...data] = safetensorsChunks(sample);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(head!.length - 1),
        fc.integer({ min: 1, max: 255 }),
        async (at, flip) => {
          const altered = head!.slice();
          altered[at]! ^= flip;
          await Deno.writeFile(path, new Blob([altered, ...data]).stream());
          const got = await readArrays(path).catch((error) => error);
          return !(got instanceof Error) ||
            (got instanceof SyntaxError &&
              got.message.startsWith(`Cannot read `));
        },
      ),
      { numRuns: 300 },
    );
  });
});

Deno.test("readArrays() refuses 64-bit integers that a number cannot hold", async () => {
  await inTemporaryFolder(async (folder) => {
    const json = '{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}'
      .padEnd(56);
    const head = new Uint8Array(8);
    head[0] = 56;
    const body = new Uint8Array(8).fill(0x7f);
    await Deno.writeFile(`${folder}/a`, new Blob([head, json, body]).stream());
    await assertRejects(
      () => readArrays(`${folder}/a`),
      RangeError,
      "at most 2^53 - 1",
    );
  });
});

Deno.test("readArrays() names the types it reads when a tensor has another", async () => {
  await inTemporaryFolder(async (folder) => {
    const json = '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'.padEnd(
      56,
    );
    const head = new Uint8Array(8);
    head[0] = 56;
    await Deno.writeFile(
      `${folder}/a`,
      new Blob([head, json, new Uint8Array(1)]).stream(),
    );
    await assertRejects(
      () => readArrays(`${folder}/a`),
      SyntaxError,
      "F64, I32, I64, got U8",
    );
    assertEquals(await readArrays(`${folder}/a`, { select: () => false }), {});
  });
});

Deno.test("readSafetensors() says which file is missing", async () => {
  await assertRejects(
    () => readSafetensors("none.safetensors"),
    Deno.errors.NotFound,
    "Cannot read none.safetensors: expected a safetensors file, got no such file",
  );
});

Deno.test("readSafetensors() knows the pointer that Git LFS leaves for a file", async () => {
  await inTemporaryFolder(async (folder) => {
    const pointer =
      "version https://git-lfs.github.com/spec/v1\noid sha256:0\n";
    await Deno.writeTextFile(`${folder}/a`, pointer);
    const says = "a pointer to one that was not downloaded (run git lfs pull)";
    await assertRejects(
      () => readSafetensors(`${folder}/a`),
      SyntaxError,
      says,
    );
  });
});

Deno.test("safetensorsChunks() refuses a shape that does not fit, and reserved names", () => {
  const array = { shape: [2], values: Float32Array.of(1) };
  assertThrows(
    () => safetensorsChunks({ a: array }),
    RangeError,
    "expected 2 values for [2], got 1",
  );
  const named = (name: string) =>
    Object.fromEntries([[name, { shape: [1], values: array.values }]]);
  for (const name of ["__proto__", "__metadata__"]) {
    assertThrows(
      () => safetensorsChunks(named(name)),
      RangeError,
      `got "${name}"`,
    );
  }
});

Deno.test("safetensorsChunks() gives the same bytes whatever the order of names", () => {
  const turned = Object.fromEntries(Object.entries(sample).reverse());
  assertEquals(safetensorsChunks(turned), safetensorsChunks(sample));
});
