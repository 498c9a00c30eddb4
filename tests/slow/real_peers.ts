/**
 * Our work and that of the real peers, compared before it is timed: losses, vectors and
 * scores agree. It needs the environments of `tests/bench/peers/make_environment.sh`,
 * and takes some minutes; run it by
 *
 *     deno task test:slow
 *
 * @module
 */
import "#tests/support/permitted.ts";
import { assertEquals } from "@std/assert";
import { asFlags, runJson } from "#tests/support/run_task.ts";
import { sharedPath } from "#tests/support/shared.ts";

const model = sharedPath("models/minilm-l6");
const data = sharedPath("datasets/scifact");
const environments = [".venv", ".venv_others"].map((name) =>
  new URL(`../bench/peers/${name}/bin/python`, import.meta.url)
);
const areMade = environments.every((program) => {
  try {
    return Deno.statSync(program).isFile;
  } catch {
    return false;
  }
});
if (!areMade) {
  console.log(
    "skipped: the peers' environments; bash tests/bench/peers/make_environment.sh",
  );
}

const STEP = ["pylate", "sentence-transformers"];
const SIM = ["torch", "sentence-transformers"];
const TEXTS = { model: model ?? "", data: data ?? "", steps: 1 };
const SMALL = { steps: 1, queries: 3, documents: 50 };

const CASES = [
  { name: "train-step", peers: STEP, flags: { ...TEXTS, queries: 2, ways: 3 } },
  {
    name: "train-step",
    peers: STEP,
    flags: { ...TEXTS, queries: 2, ways: 3, loss: "contrastive" },
  },
  { name: "encode", peers: STEP, flags: { ...TEXTS, texts: 24 } },
  { name: "max-sim", peers: [...SIM, "maxsim-cpu"], flags: SMALL },
  { name: "max-sim", peers: SIM, flags: { ...SMALL, gradient: true } },
];

for (const { name, peers, flags } of CASES) {
  const words = Object.entries(flags).filter(([flag]) =>
    flag !== "model" && flag !== "data"
  );
  Deno.test({
    name: `bench ${name} ${words} agrees with ${peers}`,
    ignore: !areMade || model === undefined || data === undefined,
    fn: async () => {
      const { gradient, ...rest } = flags as typeof flags & {
        gradient?: boolean;
      };
      const args = [name, ...asFlags({ ...rest, against: peers.join(",") })];
      if (gradient) args.push("--gradient");
      assertEquals(Object.keys((await runJson("bench", args)).peers), peers);
    },
  });
}
