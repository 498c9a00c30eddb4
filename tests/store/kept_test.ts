import "#tests/support/permitted.ts";
import { type KeepOptions, kept } from "#lib/store/kept.ts";
import { sha256Of } from "#lib/store/sha256.ts";
import { sourceHash } from "#lib/store/source_hash.ts";
import { assertEquals, assertMatch, assertRejects } from "@std/assert";

const KEY = sha256Of([Uint8Array.of(1)]);
const OTHER = sha256Of([Uint8Array.of(2)]);

/** A folder that is removed afterwards. */
async function inFolder(work: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "kept-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Keeps three bytes; says whether they were made, and in which lines. */
async function three(
  folder: string,
  { key = KEY, kind = "three", ...options }: KeepOptions & {
    readonly key?: string;
    readonly kind?: string;
  } = {},
) {
  let made = 0;
  const lines: string[] = [];
  const bytes = await kept({
    kind,
    key,
    make: () => {
      made++;
      return Uint8Array.of(7, 8, 9);
    },
    toBytes: (bytes) => bytes,
    fromBytes: (bytes) => {
      if (bytes.length !== 3) throw new SyntaxError("it is not three bytes");
      return bytes.slice();
    },
  }, { folder, say: (line) => lines.push(line), ...options });
  assertEquals(bytes, Uint8Array.of(7, 8, 9));
  return { made, lines };
}

const pathOf = (folder: string, key = KEY) =>
  `${folder}/three-${key.slice(0, 16)}`;

Deno.test("kept() computes once, and says where the result came from", async () => {
  await inFolder(async (root) => {
    const folder = `${root}/not/yet/there`;
    assertEquals(await three(folder), { made: 1, lines: [] });
    const line = `Takes three from ${pathOf(folder)}, computed before`;
    assertEquals(await three(folder), { made: 0, lines: [line] });
    assertEquals((await three(folder, { key: OTHER })).made, 1);
    assertEquals((await three(folder, { kind: "drei" })).made, 1);
  });
});

Deno.test("kept() computes again, with one line, whatever happened to the file", async () => {
  const valid = new TextEncoder().encode(
    `three ${KEY} ${sha256Of([Uint8Array.of(7, 8)])}\n`,
  );
  const damages: Record<string, (bytes: Uint8Array) => Uint8Array> = {
    "cut in the content": (bytes) => bytes.slice(0, -1),
    "cut in the header": (bytes) => bytes.slice(0, 20),
    empty: () => new Uint8Array(),
    longer: (bytes) => Uint8Array.of(...bytes, 0),
    "another bit": (bytes) => bytes.with(bytes.length - 2, 9),
    "another key": (bytes) => bytes.with(6, bytes[6]! ^ 1),
    "another kind": (bytes) => bytes.with(0, 0x66),
    "no line end": () => new Uint8Array(1000).fill(0x61),
    "a checksum over something else": () => Uint8Array.of(...valid, 7, 8),
  };
  await inFolder(async (folder) => {
    for (const [name, damage] of Object.entries(damages)) {
      await three(folder);
      const path = pathOf(folder);
      await Deno.writeFile(path, damage(await Deno.readFile(path)));
      const { made, lines } = await three(folder);
      assertEquals([made, lines.length], [1, 1], name);
      assertMatch(
        lines[0]!,
        /^Computes three again: .*three-[0-9a-f]{16} is damaged \(it/,
      );
      assertEquals((await three(folder)).made, 0, `${name}, mended`);
    }
  });
});

Deno.test("kept() does not take the file of another key for its own", async () => {
  await inFolder(async (folder) => {
    await three(folder, { key: OTHER });
    await Deno.rename(pathOf(folder, OTHER), pathOf(folder));
    assertEquals((await three(folder)).made, 1);
  });
});

Deno.test("kept() gives the result where nothing can be kept, and says so", async () => {
  await inFolder(async (root) => {
    await Deno.writeTextFile(`${root}/file`, "");
    const { made, lines } = await three(`${root}/file`);
    assertEquals([made, lines.length], [1, 1]);
    assertMatch(lines[0]!, /^Does not keep three: /);

    await Deno.mkdir(pathOf(root)); // a folder where the file should be
    assertEquals((await three(root)).made, 1);
    const names = [...Deno.readDirSync(root)].map(({ name }) => name);
    assertEquals(names.length, 2, "nothing half-written is left");

    const { made: again } = await three(root, { folder: undefined });
    assertEquals(again, 1);
  });
});

Deno.test("kept() passes on what goes wrong in computing, and keeps nothing", async () => {
  await inFolder(async (folder) => {
    const failing = {
      ...{ kind: "none", key: KEY },
      make: () => Promise.reject(new RangeError("no")),
      toBytes: () => new Uint8Array(),
      fromBytes: () => 1,
    };
    await assertRejects(() => kept(failing, { folder }), RangeError, "no");
    assertEquals([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("kept() lets the file go that was unused for longest", async () => {
  await inFolder(async (folder) => {
    const keys = [0, 1, 2, 3].map((i) => sha256Of([Uint8Array.of(i, i)]));
    const old = async (key: string, seconds: number) =>
      await Deno.utime(pathOf(folder, key), seconds, seconds);
    for (const key of keys.slice(0, 3)) {
      await three(folder, { key, most: 3 });
      await old(key, 1000 + keys.indexOf(key));
    }
    await three(folder, { key: keys[0]! }); // used: now the youngest
    await three(folder, { key: keys[3]!, most: 3 });
    const made = [];
    for (const key of keys) made.push((await three(folder, { key })).made);
    assertEquals(made, [0, 1, 0, 0]);
  });
});

Deno.test("kept() serves several processes at once", async () => {
  const program = new URL("./keep_often.ts", import.meta.url).pathname;
  await inFolder(async (folder) => {
    const outputs = await Promise.all(
      [1, 2].map(() =>
        new Deno.Command(Deno.execPath(), {
          args: ["run", "--quiet", "--allow-all", program, folder],
          env: { NO_COLOR: "1" },
        }).output()
      ),
    );
    for (const { code, stdout, stderr } of outputs) {
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      assertEquals([code, text(stdout), text(stderr)], [0, "right\n", ""]);
    }
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
    assertEquals(names.filter((name) => name.includes("tmp")), []);
  });
});

Deno.test("sourceHash() is that of the files there are", () => {
  assertMatch(sourceHash(["num", "store"]), /^[0-9a-f]{64}$/);
  assertEquals(sourceHash(["none"]), "unknown");
});
