import "#tests/support/permitted.ts";
import { assertEquals, assertMatch } from "@std/assert";
import { freeRunFolder } from "#lib/train/run_name.ts";

for (
  const [data, model, expected] of [
    ["wordnet", "use-lite", "wordnet-use-lite"],
    ["../sets/scifact/", "org/My.Model@main", "scifact-My.Model-main"],
    ["C:\\sets\\日本", "..", "---run"],
    [".hidden", "a b", "hidden-a-b"],
  ] as const
) {
  Deno.test(`freeRunFolder() names a run of ${data} and ${model} after both`, async () => {
    const folder = await freeRunFolder({ data, model });
    assertMatch(folder, new RegExp(`^data/runs/${expected}-\\d+$`));
  });
}

Deno.test("freeRunFolder() takes the first number that is free", async () => {
  const data = `name-test-${crypto.randomUUID()}`;
  const settings = { data, model: "m" };
  const first = await freeRunFolder(settings);
  assertEquals(first, `data/runs/${data}-m-1`);
  await Deno.mkdir(first, { recursive: true });
  try {
    assertEquals(await freeRunFolder(settings), `data/runs/${data}-m-2`);
  } finally {
    await Deno.remove(first);
  }
});
