import "#tests/support/permitted.ts";
import { keptWordNet } from "#lib/dataset/kept_wordnet.ts";
import { loadDataset } from "#lib/dataset/load_dataset.ts";
import { WORDNET_FILES, wordNetDataset } from "#lib/dataset/wordnet.ts";
import type { WordNetPackage } from "#lib/store/npm_source.ts";
import { sha256Of } from "#lib/store/sha256.ts";
import { assert, assertEquals } from "@std/assert";

/** A release of a few synsets, and a folder to keep it in. */
async function inSmallRelease(
  work: (source: WordNetPackage, folder: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "wordnet-" });
  try {
    const lines = ["cat", "dog", "cow", "hen", "bee"].map((word, i) =>
      `0000${
        1000 + i
      } 05 n 01 ${word} 0 000 | a kind of animal ${i}; "the ${word} sleeps"  \n`
    );
    for (const name of WORDNET_FILES) {
      const isNouns = name === "data.noun";
      await Deno.writeTextFile(
        `${root}/${name}`,
        isNouns ? lines.join("") : "",
      );
    }
    const folder = new URL(`file://${root}/`);
    const source = { folder, licence: "free", origin: "here" };
    await work(source, `${root}/kept`);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("keptWordNet() gives WordNet itself, in its order", async () => {
  const folder = await Deno.makeTempDir({ prefix: "wordnet-" });
  try {
    const fresh = await wordNetDataset();
    assertEquals(await keptWordNet({ folder }), fresh);
    const again = await loadDataset("wordnet", { cache: folder });
    assertEquals(again, fresh);
    // Equality of maps does not look at the order, which draws depend on.
    assertEquals([...again.documents.keys()], [...fresh.documents.keys()]);
    assertEquals([...again.queries.keys()], [...fresh.queries.keys()]);
    assertEquals(Object.keys(again.qrels), Object.keys(fresh.qrels));
    for (const [side, judged] of Object.entries(fresh.qrels)) {
      assertEquals([...again.qrels[side]!.keys()], [...judged!.keys()]);
    }
    assertEquals([...again.negatives!.keys()], [...fresh.negatives!.keys()]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("keptWordNet() is built again where the release has changed", async () => {
  await inSmallRelease(async (source, folder) => {
    const lines: string[] = [];
    const load = () =>
      keptWordNet({ folder, say: (line) => lines.push(line) }, source);
    const first = await load();
    assertEquals(first, await wordNetDataset(source));
    assertEquals(await load(), first);
    assertEquals(lines.length, 1);
    const path = new URL("data.noun", source.folder);
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace("animal 0", "insect 0"));
    assertEquals(
      (await load()).documents.get("n00001000"),
      "a kind of insect 0",
    );
    assertEquals(lines.length, 1);
  });
});

Deno.test("keptWordNet() refuses content that is no WordNet, though its checksum is right", async () => {
  await inSmallRelease(async (source, folder) => {
    const fresh = await keptWordNet({ folder }, source);
    const [{ name }] = [...Deno.readDirSync(folder)] as [Deno.DirEntry];
    const path = `${folder}/${name}`;
    const [header, content] = (await Deno.readTextFile(path)).split("\n");
    const wrong = [
      "[]",
      content!.slice(1),
      content!.replace('"n00001000",', ""),
      content!.replace(/"relevant":\{"train":\[\d+/, '"relevant":{"train":[99'),
    ];
    for (const text of wrong) {
      const bytes = new TextEncoder().encode(text);
      const words = [...header!.split(" ").slice(0, 2), sha256Of([bytes])];
      await Deno.writeTextFile(path, `${words.join(" ")}\n${text}`);
      const lines: string[] = [];
      const say = (line: string) => lines.push(line);
      assertEquals(await keptWordNet({ folder, say }, source), fresh);
      assert(lines[0]!.startsWith("Computes wordnet again"), `${lines}`);
    }
  });
});
