import "#tests/support/permitted.ts";
import { findUnidic, loadUnidic } from "#lib/store/model/find_unidic.ts";
import { loadTokenizer } from "#lib/store/model/load_tokenizer.ts";
import { mecabWords } from "#lib/text/mecab.ts";
import { assertEquals, assertRejects } from "@std/assert";
import { smallFiles } from "#tests/text/small_dictionary.ts";
import { inTemporaryFolder } from "../failing_file_system.ts";

/** Writes a dictionary of a few words as pip would lay it below a prefix. */
async function install(prefix: string, version: string): Promise<string> {
  const folder =
    `${prefix}/lib/python${version}/site-packages/unidic_lite/dicdir`;
  await Deno.mkdir(folder, { recursive: true });
  const { system, unknown, matrix, characters } = smallFiles({ ab: 1 });
  const features = new Uint8Array(1000); // what stands behind the entries is not read
  await Deno.writeFile(
    `${folder}/sys.dic`,
    Uint8Array.from([...system, ...features]),
  );
  await Deno.writeFile(`${folder}/unk.dic`, unknown);
  await Deno.writeFile(`${folder}/matrix.bin`, matrix);
  await Deno.writeFile(`${folder}/char.bin`, characters);
  return folder;
}

Deno.test("findUnidic() looks into the environment in use, the newest Python first, then the PATH's", async () => {
  await inTemporaryFolder(async (parent) => {
    const old = await install(`${parent}/venv`, "3.9");
    const recent = await install(`${parent}/venv`, "3.11");
    const other = await install(`${parent}/other`, "3.12");
    const path = `/nowhere/bin:${parent}/other/bin`;
    const env = { VIRTUAL_ENV: `${parent}/venv`, PATH: path };
    assertEquals(await findUnidic(env), recent);
    await Deno.remove(recent, { recursive: true });
    assertEquals(await findUnidic(env), old);
    assertEquals(await findUnidic({ PATH: path }), other);
    assertEquals(await findUnidic({ ...env, UNIDIC_DIR: other }), other);
  });
});

Deno.test("loadUnidic() reads a dictionary without its features, once", async () => {
  await inTemporaryFolder(async (parent) => {
    const folder = await install(parent, "3.11");
    const dictionary = await loadUnidic(folder);
    assertEquals(mecabWords("ab 5", dictionary), ["ab", "5"]);
    assertEquals(await loadUnidic(folder) === dictionary, true);
  });
});

Deno.test("findUnidic() and loadUnidic() give one clear error that says what to do", async () => {
  await assertRejects(
    () => findUnidic({ UNIDIC_DIR: "nowhere" }),
    Deno.errors.NotFound,
    "Cannot cut Japanese into words: expected the dictionary unidic-lite, got no sys.dic in " +
      "UNIDIC_DIR nowhere; install it with: pip install unidic-lite",
  );
  await inTemporaryFolder(async (parent) => {
    const folder = await install(parent, "3.11");
    const whole = await Deno.readFile(`${folder}/sys.dic`);
    const broken = async (bytes: Uint8Array, text: string) => {
      await Deno.writeFile(`${folder}/sys.dic`, bytes);
      await assertRejects(() => loadUnidic(folder), SyntaxError, text);
    };
    await broken(whole.subarray(0, 20), `in ${folder}/sys.dic`);
    await broken(whole.subarray(0, 90), "(truncated?)");
    await Deno.writeFile(`${folder}/sys.dic`, whole);
    await Deno.writeFile(`${folder}/matrix.bin`, new Uint8Array(3));
    await assertRejects(
      () => loadUnidic(folder),
      SyntaxError,
      `in ${folder}`,
    );
  });
});

Deno.test("loadTokenizer() asks a Japanese BERT's folder for its vocabulary and an offered form", async () => {
  await inTemporaryFolder(async (folder) => {
    const write = (config: unknown) =>
      Deno.writeTextFile(
        `${folder}/tokenizer_config.json`,
        JSON.stringify(config),
      );
    await write({ tokenizer_class: "BertJapaneseTokenizer" });
    await assertRejects(
      () => loadTokenizer(folder),
      Deno.errors.NotFound,
      "expected vocab.txt beside a tokenizer_config.json of BertJapaneseTokenizer",
    );
    await Deno.writeTextFile(`${folder}/vocab.txt`, "[UNK]\nab\n");
    await write({
      tokenizer_class: "BertJapaneseTokenizer",
      word_tokenizer_type: "jumanpp",
    });
    await assertRejects(
      () => loadTokenizer(folder),
      RangeError,
      'expected word_tokenizer_type "mecab", got "jumanpp"',
    );
  });
});
