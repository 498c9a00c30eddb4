import "#tests/support/permitted.ts";
import { isPlainPath, parseHubId } from "#lib/store/hub/hub_id.ts";
import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { namesIn } from "../failing_file_system.ts";
import { MODEL, text, WEIGHTS, withHub } from "./hub_server.ts";

Deno.test("fetchFromHub() brings the wanted files of a revision, and no others", async () => {
  await withHub(async ({ hub, cache, fetch }) => {
    const { folder, commit, note } = await fetch();
    assertEquals([commit, note], [hub.commit, undefined]);
    assertEquals(folder, `${cache}/models--owner--model/${hub.commit}`);
    assertEquals(namesIn(folder), [
      "1_Dense",
      "config.json",
      "model.safetensors",
    ]);
    assertEquals(await Deno.readFile(`${folder}/model.safetensors`), WEIGHTS);
    assertEquals(
      await Deno.readTextFile(`${folder}/1_Dense/config.json`),
      '{"bias":false}',
    );
  });
});

Deno.test("fetchFromHub() brings the parts of weights that are cut into several files, and only then", async () => {
  await withHub(async ({ hub, fetch }) => {
    const parts = [
      "model-00001-of-00002.safetensors",
      "model-00002-of-00002.safetensors",
      "model.safetensors.index.json",
    ];
    for (const name of parts) hub.files.set(name, text("a part"));
    const whole = await fetch();
    assertEquals(namesIn(whole.folder).includes(parts[0]!), false);
    hub.commit = "e".repeat(40);
    hub.files.delete("model.safetensors");
    const { folder } = await fetch();
    assertEquals(namesIn(folder), ["1_Dense", "config.json", ...parts].sort());
  });
});

Deno.test("fetchFromHub() sends the token to the hub and not to the storage it redirects to", async () => {
  await withHub(async ({ hub, fetch }) => {
    await fetch({ token: "secret" });
    const resolve = `/${MODEL}/resolve/${hub.commit}/model.safetensors`;
    assertEquals(hub.tokens.get(`hub${resolve}`), "Bearer secret");
    assertEquals(hub.tokens.get("storage/model.safetensors"), null);
  });
});

Deno.test("fetchFromHub() downloads nothing twice, and follows a branch that moves", async () => {
  await withHub(async ({ hub, fetch }) => {
    const { commit: before } = await fetch();
    hub.asked.length = 0;
    await fetch();
    assertEquals(hub.asked, [`/api/models/${MODEL}/revision/main`]);
    hub.commit = "d".repeat(40);
    hub.files.set("config.json", text('{"new":true}'));
    const { folder } = await fetch();
    assertEquals(
      await Deno.readTextFile(`${folder}/config.json`),
      '{"new":true}',
    );
    assertFalse(folder.includes(before));
  });
});

Deno.test("fetchFromHub() takes a commit from the cache without asking", async () => {
  await withHub(async ({ hub, fetch }) => {
    await fetch();
    hub.asked.length = 0;
    await fetch({}, hub.commit);
    assertEquals(hub.asked, []);
  });
});

/** An address of this machine where nobody listens any more. */
async function deserted(): Promise<string> {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response(),
  );
  await server.shutdown();
  return `http://127.0.0.1:${server.addr.port}`;
}

Deno.test("fetchFromHub() takes a branch from the cache when the hub cannot be reached, and says so", async () => {
  await withHub(async ({ hub, fetch }) => {
    const online = await fetch();
    const endpoint = await deserted();
    const offline = await fetch({ endpoint });
    assertEquals(offline.folder, online.folder);
    assert(offline.note?.includes(`expected an answer from ${endpoint}, got `));
    assertEquals((await fetch({ offline: true })).commit, hub.commit);
  });
});

Deno.test("fetchFromHub() says how to give a folder when the hub cannot be reached", async () => {
  await withHub(async ({ fetch }) => {
    await assertRejects(
      async () => await fetch({ endpoint: await deserted() }),
      Deno.errors.Http,
      "without network give a folder instead (--model DIR)",
    );
    await assertRejects(
      () => fetch({ offline: true }),
      Deno.errors.NotFound,
      "(--model DIR)",
    );
  });
});

Deno.test("fetchFromHub() downloads again what was altered in the cache, and refuses it offline", async () => {
  await withHub(async ({ fetch }) => {
    const { folder } = await fetch();
    await Deno.writeTextFile(`${folder}/config.json`, "[]");
    await assertRejects(
      () => fetch({ offline: true }),
      SyntaxError,
      "got others (altered?)",
    );
    await fetch();
    assertEquals(await Deno.readTextFile(`${folder}/config.json`), "{}");
  });
});

Deno.test("fetchFromHub() goes on where a transfer broke off", async () => {
  await withHub(async ({ hub, cache, fetch }) => {
    const folder = `${cache}/models--owner--model/${hub.commit}`;
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeFile(
      `${folder}/model.safetensors.part`,
      WEIGHTS.slice(0, 1000),
    );
    await fetch();
    assertEquals(hub.ranges.get("/model.safetensors"), "bytes=1000-");
    assertEquals(await Deno.readFile(`${folder}/model.safetensors`), WEIGHTS);
  });
});

Deno.test("fetchFromHub() starts anew when a rest does not fit, or the server knows no ranges", async () => {
  await withHub(async ({ hub, cache, fetch }) => {
    const folder = `${cache}/models--owner--model/${hub.commit}`;
    await Deno.mkdir(folder, { recursive: true });
    const part = `${folder}/model.safetensors.part`;
    await Deno.writeFile(part, new Uint8Array(1000).fill(7));
    await fetch();
    assertEquals(await Deno.readFile(`${folder}/model.safetensors`), WEIGHTS);
    await Deno.remove(folder, { recursive: true });
    await Deno.mkdir(folder);
    await Deno.writeFile(part, WEIGHTS.slice(0, 1000));
    hub.instead = (_, path) =>
      path.startsWith("storage/") ? new Response(WEIGHTS) : undefined;
    await fetch();
    assertEquals(await Deno.readFile(`${folder}/model.safetensors`), WEIGHTS);
  });
});

Deno.test("fetchFromHub() checks files by their headers when the listing has no checksums", async () => {
  await withHub(async ({ hub, fetch }) => {
    const siblings = [...hub.files.keys()].map((rfilename) => ({ rfilename }));
    const listing = () => Response.json({ sha: hub.commit, siblings });
    hub.instead = (_, path) => path.startsWith("/api/") ? listing() : undefined;
    await fetch();
    await withHub(async ({ hub: other, fetch }) => {
      other.instead = (_, path) =>
        path.startsWith("/api/")
          ? listing()
          : path.startsWith("storage/")
          ? new Response(WEIGHTS.toReversed())
          : undefined;
      await assertRejects(() => fetch(), SyntaxError, "expected checksum");
    });
  });
});

Deno.test("fetchFromHub() reports progress up to each file's length", async () => {
  await withHub(async ({ fetch }) => {
    const last = new Map<string, number>();
    await fetch({ progress: ({ label, done }) => last.set(label, done) });
    assertEquals(last.get("owner/model/model.safetensors"), WEIGHTS.length);
  });
});

Deno.test("fetchFromHub() refuses an address that is none", async () => {
  await withHub(async ({ fetch }) => {
    await assertRejects(
      () => fetch({ endpoint: "huggingface" }),
      RangeError,
      'HF_ENDPOINT, got "huggingface"',
    );
  });
});

Deno.test("parseHubId() takes owner, name and revision, and nothing like a path", () => {
  assertEquals(parseHubId("a/b"), { name: "a/b", revision: "main" });
  assertEquals(parseHubId("a/b@refs/pr/1"), {
    name: "a/b",
    revision: "refs/pr/1",
  });
  for (
    const path of [
      "a",
      "./a/b",
      "/a/b",
      "a/b/c",
      "../a",
      "a/..",
      "a/b@..",
      "a\\b",
      "",
      "a/b@",
    ]
  ) {
    assertEquals(parseHubId(path), undefined);
  }
});

Deno.test("isPlainPath() refuses whatever could leave the folder on any system", () => {
  for (
    const bad of [
      "",
      "/",
      "a//b",
      "..",
      "a/..",
      "./a",
      "a\\b",
      "C:x",
      "a\0",
      "a\nb",
      "x".repeat(1000),
    ]
  ) {
    assertFalse(isPlainPath(bad), bad);
  }
});
