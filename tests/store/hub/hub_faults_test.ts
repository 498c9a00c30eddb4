import "#tests/support/permitted.ts";
import { assertEquals, assertFalse, assertRejects } from "@std/assert";
import { namesIn } from "../failing_file_system.ts";
import { text, WEIGHTS, withHub } from "./hub_server.ts";

Deno.test("fetchFromHub() gives one clear error for every refusal of the hub", async () => {
  const refusals = [
    [404, Deno.errors.NotFound, "got 404; check its name and revision"],
    [
      401,
      Deno.errors.PermissionDenied,
      "a token with access in HF_TOKEN, got 401",
    ],
    [
      403,
      Deno.errors.PermissionDenied,
      "a token with access in HF_TOKEN, got 403",
    ],
    [500, Deno.errors.Http, "expected status 200, got 500"],
    [429, Deno.errors.Http, "expected status 200, got 429"],
  ] as const;
  await withHub(async ({ hub, fetch }) => {
    for (const [status, kind, says] of refusals) {
      hub.instead = () => new Response("no", { status });
      await assertRejects(
        () => fetch(),
        kind,
        "Cannot load owner/model@main from the hub: expected",
      );
      await assertRejects(() => fetch(), kind, says);
    }
  });
});

Deno.test("fetchFromHub() refuses a revision that the hub does not have", async () => {
  await withHub(async ({ fetch }) => {
    await assertRejects(
      () => fetch({}, "v9"),
      Deno.errors.NotFound,
      "owner/model@v9",
    );
  });
});

Deno.test("fetchFromHub() refuses listings that are none", async () => {
  const sha = "c".repeat(40);
  const listings = [
    [
      "<html>Sign in</html>",
      'expected a JSON listing, got text/plain;charset=UTF-8: "<html>',
    ],
    ["[]", "expected a commit of 40 hexadecimal digits"],
    ["null", "expected a commit of 40 hexadecimal digits"],
    [
      '{"sha":"../x","siblings":[]}',
      "expected a commit of 40 hexadecimal digits",
    ],
    [`{"sha":"${sha}"}`, "expected a list of files"],
    [
      `{"sha":"${sha}","siblings":[{"rfilename":"../../etc/x"}]}`,
      'plain file names, got "../../etc/x"',
    ],
    [
      `{"sha":"${sha}","siblings":[{"rfilename":"/etc/x"}]}`,
      'plain file names, got "/etc/x"',
    ],
    [
      `{"sha":"${sha}","siblings":[{"rfilename":"a\\\\..\\\\b"}]}`,
      "plain file names",
    ],
    [`{"sha":"${sha}","siblings":[null]}`, "plain file names, got none"],
  ] as const;
  await withHub(async ({ hub, cache, fetch }) => {
    for (const [body, says] of listings) {
      hub.instead = () => new Response(body);
      await assertRejects(() => fetch(), SyntaxError, says);
    }
    assertEquals(namesIn(cache), []);
  });
});

Deno.test("fetchFromHub() says what a model without weights has instead", async () => {
  await withHub(async ({ hub, fetch }) => {
    hub.files.delete("model.safetensors");
    hub.files.set("pytorch_model.bin", text("pickle"));
    await assertRejects(
      () => fetch(),
      Deno.errors.NotFound,
      "expected model.safetensors among its files, got [config.json, 1_Dense/config.json",
    );
  });
});

/** A hub whose weights come back otherwise than they should. */
const faulty: readonly (readonly [
  what: string,
  response: () => Response,
  kind: new (message?: string) => Error,
  says: string,
])[] = [
  [
    "other bytes",
    () => new Response(WEIGHTS.toReversed()),
    SyntaxError,
    "expected checksum",
  ],
  [
    "too many bytes",
    () => new Response(new Uint8Array(WEIGHTS.length + 1)),
    SyntaxError,
    "expected 300000 bytes, got 300001",
  ],
  [
    "too few bytes",
    () => new Response(WEIGHTS.slice(0, 9)),
    Deno.errors.Http,
    "expected 300000 bytes, got 9 (the transfer broke off",
  ],
  [
    "a login page",
    () => new Response("<html>", { headers: { "content-type": "text/html" } }),
    Deno.errors.Http,
    "expected 300000 bytes, got 6",
  ],
  [
    "half a range that was not asked for",
    () =>
      new Response(WEIGHTS, {
        status: 206,
        headers: { "content-range": "bytes 5-9/10" },
      }),
    SyntaxError,
    "expected bytes from 0 on, got 206 bytes 5-9/10",
  ],
  [
    "a redirect to a file",
    () =>
      new Response(null, {
        status: 302,
        headers: { location: "file:///etc/passwd" },
      }),
    Deno.errors.Http,
    "expected a redirect to http://, got file:///etc/passwd",
  ],
  [
    "redirects without end",
    () =>
      new Response(null, {
        status: 302,
        headers: { location: "/model.safetensors" },
      }),
    Deno.errors.Http,
    "expected at most 5 redirects",
  ],
];

for (const [what, response, kind, says] of faulty) {
  Deno.test(`fetchFromHub() never uses ${what}`, async () => {
    await withHub(async ({ hub, cache, fetch }) => {
      hub.instead = (_, path) =>
        path.startsWith("storage/") ? response() : undefined;
      await assertRejects(
        () => fetch(),
        kind,
        "Cannot load owner/model/model.safetensors from the hub: ",
      );
      await assertRejects(() => fetch(), kind, says);
      const folder = `${cache}/models--owner--model`;
      assertFalse(
        namesIn(`${folder}/${hub.commit}`).includes("model.safetensors"),
      );
      assertFalse(namesIn(folder).includes("refs"));
      // The same cache serves once the hub behaves again.
      hub.instead = () => undefined;
      const fetched = await fetch();
      assertEquals(
        await Deno.readFile(`${fetched.folder}/model.safetensors`),
        WEIGHTS,
      );
      assertEquals(namesIn(fetched.folder), [
        "1_Dense",
        "config.json",
        "model.safetensors",
      ]);
    });
  });
}

Deno.test("fetchFromHub() refuses a file of another commit", async () => {
  await withHub(async ({ hub, fetch }) => {
    hub.instead = (_, path) =>
      path.includes("/resolve/")
        ? new Response("{}", { headers: { "x-repo-commit": "f".repeat(40) } })
        : undefined;
    await assertRejects(
      () => fetch(),
      SyntaxError,
      `expected commit ${hub.commit}, got ffff`,
    );
  });
});

Deno.test("fetchFromHub() refuses a file over the limit", async () => {
  await withHub(async ({ fetch }) => {
    await assertRejects(
      () => fetch({ mostBytes: 1000 }),
      SyntaxError,
      "expected at most 1000 bytes, got more",
    );
  });
});

Deno.test("fetchFromHub() gives up on a server that falls silent", async () => {
  await withHub(async ({ hub, fetch }) => {
    const silent = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(WEIGHTS.slice(0, 10)),
    });
    hub.instead = (_, path) =>
      path.startsWith("storage/") ? new Response(silent) : undefined;
    await assertRejects(
      () => fetch({ idleMs: 100 }),
      Deno.errors.Http,
      "got nothing for 0.1 seconds",
    );
  });
});
