import { assertEquals, assertGreater } from "@std/assert";
import plugin, { FLOORS } from "./floors_plugin.ts";

/** What the house's rules say of a source text standing at a path. */
function messages(path: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, `/repository/${path}`, source).map((
    { id, message },
  ) => `${id}: ${message}`);
}

/** The rules that a source text breaks, in order. */
function broken(path: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, `/repository/${path}`, source).map((
    { id },
  ) => id.replace("house/", ""));
}

Deno.test("floors rule reports an upward import when a lower floor imports a higher one", () => {
  assertEquals(
    messages("lib/loss/kl.ts", `import { step } from "../train/step.ts";`),
    [
      'house/floors: Cannot import floor "train" from "loss": expected a floor to the left or its own',
    ],
  );
});

Deno.test("floors rule holds for every pair of floors when one imports the other", () => {
  for (const [i, from] of FLOORS.entries()) {
    for (const [j, to] of FLOORS.entries()) {
      const found = broken(
        `lib/${from}/a.ts`,
        `import type { B } from "../${to}/b.ts";`,
      );
      assertEquals(found, j > i ? ["floors"] : [], `${from} -> ${to}`);
    }
  }
});

Deno.test("floors rule sees every form of import when it goes upward", () => {
  const forms = [
    `export { a } from "../cli/a.ts";`,
    `export * from "../cli/a.ts";`,
    `const a = await import("../cli/a.ts");`,
    `import type { A } from "../cli/a.ts";`,
    `import "../cli/a.ts";`,
  ];
  for (const form of forms) {
    assertEquals(broken("lib/store/b.ts", form), ["floors"], form);
  }
});

Deno.test("floors rule understands deeper folders when paths climb", () => {
  assertEquals(
    broken("lib/store/model/load.ts", `import "../../encoder/encoder.ts";`),
    [],
  );
  assertEquals(broken("lib/store/model/load.ts", `import "../atomic.ts";`), []);
  assertEquals(
    broken("lib/store/model/load.ts", `import "../../cli/train.ts";`),
    ["floors"],
  );
});

Deno.test("floors rule refuses mod.ts, aliases, tests and files outside lib when a lib file imports them", () => {
  for (
    const target of [
      "../mod.ts",
      "#lib/mod.ts",
      "#lib/num/stream.ts",
      "@std/assert",
      "../../tests/a.ts",
    ]
  ) {
    assertEquals(
      broken("lib/cli/a.ts", `import "${target}";`),
      ["floors"],
      target,
    );
  }
});

Deno.test("floors rule leaves tests and notebooks alone when they import upward", () => {
  assertEquals(
    broken("tests/num/stream_test.ts", `import "#lib/cli/train.ts";`),
    [],
  );
  assertEquals(broken("lib/mod.ts", `export * from "./cli/train.ts";`), []);
});

Deno.test("pure rule reports the outer world when a file of num to eval touches it", () => {
  const touches = [
    `Deno.readTextFileSync("a");`,
    `const now = Date.now();`,
    `const then = new Date();`,
    `const t = performance.now();`,
    `await fetch("a");`,
    `console.log(1);`,
    `const x = Math.random();`,
    `const x = { now: Date.now };`,
    `import fs from "node:fs";`,
  ];
  for (const source of touches) {
    assertGreater(broken("lib/eval/a.ts", source).length, 0, source);
  }
});

Deno.test("pure rule stays silent when a name is only a property, a key or a type", () => {
  assertEquals(
    broken(
      "lib/num/a.ts",
      `const x = options.fetch; const y = { console: 1 }; type T = { Date: 1 };`,
    ),
    [],
  );
});

Deno.test("pure rule leaves the outer floors, foreign.ts and installation.ts alone when they touch the world", () => {
  assertEquals(broken("lib/store/atomic.ts", `Deno.renameSync("a", "b");`), []);
  assertEquals(broken("lib/engine/foreign.ts", `Deno.dlopen("a", {});`), []);
  assertEquals(broken("lib/engine/ops/linear.ts", `Deno.dlopen("a", {});`), [
    "pure",
  ]);
});

Deno.test("tensor rule reports TensorFlow.js when another file than engine/tensor.ts imports it", () => {
  const source = `import * as tf from "@tensorflow/tfjs";`;
  assertEquals(broken("lib/engine/tensor.ts", source), []);
  assertEquals(broken("lib/score/max_sim.ts", source), ["tensor"]);
  for (const engine of ["wasm", "webgpu"]) {
    const own = `import "@tensorflow/tfjs-backend-${engine}";`;
    assertEquals(broken(`lib/engine/${engine}/backend.ts`, own), []);
    const another = `import "@tensorflow/tfjs-backend-cpu";`;
    assertEquals(broken(`lib/engine/${engine}/a.ts`, another), ["tensor"]);
  }
  assertEquals(
    broken(
      "lib/engine/onnx/backend.ts",
      `await import("@tensorflow/tfjs-backend-wasm");`,
    ),
    ["tensor"],
  );
});

Deno.test("errors rule reports a bare Error when one is made or a text is thrown", () => {
  assertEquals(broken("lib/cli/a.ts", `throw new Error("no");`), ["errors"]);
  assertEquals(broken("lib/cli/a.ts", `throw Error("no");`), ["errors"]);
  assertEquals(broken("lib/cli/a.ts", "throw `no`;"), ["errors"]);
  assertEquals(broken("lib/cli/a.ts", `throw new RangeError("Cannot");`), []);
});

Deno.test("defaults rule reports || when it falls back to a literal", () => {
  assertEquals(broken("lib/optim/a.ts", "const beta = given || 0.9;"), [
    "defaults",
  ]);
  assertEquals(
    broken("lib/optim/a.ts", "const beta = given ?? 0.9; const both = a || b;"),
    [],
  );
});
