/** Files of a BEIR folder by name. */
export type BeirFiles = Record<string, string>;

/** Three documents, two queries, two splits. */
export const TOY: BeirFiles = {
  "corpus.jsonl": [
    '{"_id":"1","title":"Cats","text":"Cats are small."}',
    '{"_id":"2","title":"","text":"Dogs bark."}',
    '{"_id":"3","text":"Birds sing."}',
  ].join("\n"),
  "queries.jsonl": '{"_id":"a","text":"feline"}\n{"_id":"b","text":"noise"}\n',
  "qrels/train.tsv": "query-id\tcorpus-id\tscore\na\t1\t1\n",
  "qrels/test.tsv": "query-id\tcorpus-id\tscore\nb\t2\t2\nb\t3\t1\nb\t1\t0\n",
};

/** Runs work on a folder with the files; a name in `.gz` is compressed. */
export async function withFolder<T>(
  files: BeirFiles,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/qrels`);
    for (const [name, text] of Object.entries(files)) {
      const plain = new Blob([text]).stream();
      const stream = name.endsWith(".gz")
        ? plain.pipeThrough(new CompressionStream("gzip"))
        : plain;
      await Deno.writeFile(`${folder}/${name}`, stream);
    }
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
