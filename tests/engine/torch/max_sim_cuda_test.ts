import "#tests/support/permitted.ts";
import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { maxSim, type MaxSimOptions } from "#lib/engine/ops/max_sim.ts";
import {
  read,
  type Tensor,
  tensorOf,
  tf,
  valueAndGradients,
} from "#lib/engine/tensor.ts";
import { BACKEND, registerKernels } from "#lib/engine/torch/kernel.ts";
import { maxSim as onAll } from "#lib/engine/torch/kernels/max_sim.ts";
import { maxSimOnGpu } from "#lib/engine/torch/kernels/max_sim_cuda.ts";
import { KERNEL } from "#lib/engine/torch/kernels/max_sim_source.ts";
import { openTorch } from "#lib/engine/torch/library.ts";
import type { TorchBackend } from "#lib/engine/torch/torch_backend.ts";
import { stream } from "#lib/num/stream.ts";
import { torchBackend } from "./present.ts";

/** The emulated NVRTC and driver. */
interface Emulated extends Disposable {
  readonly folder: string;
  readonly symbols: {
    readonly setFault: (fault: number) => void;
    readonly launched: () => number;
  };
}

/** Builds them, or says why their tests are skipped here. */
async function emulated(): Promise<Emulated | undefined> {
  const folder = await Deno.makeTempDir();
  const program = new URL("emulated_cuda/make.py", import.meta.url).pathname;
  const build = new Deno.Command("python3", {
    args: [program, folder],
    stdin: "piped",
    stderr: "piped",
  }).spawn();
  const writer = build.stdin.getWriter();
  await writer.write(new TextEncoder().encode(KERNEL));
  await writer.close();
  const { success, stderr } = await build.output();
  if (!success) {
    console.log(`skipped: ${new TextDecoder().decode(stderr)}`);
    await Deno.remove(folder, { recursive: true });
    return undefined;
  }
  const library = Deno.dlopen(`${folder}/libcuda.so.1`, {
    setFault: { parameters: ["i32"], result: "void" },
    launched: { parameters: [], result: "i32" },
  });
  return {
    folder,
    symbols: library.symbols,
    [Symbol.dispose]() {
      library.close();
      Deno.removeSync(folder, { recursive: true });
    },
  };
}

/** torch in bf16 where it computes on the processor: the emulator reads its memory. */
async function torchOnProcessor(): Promise<TorchBackend | undefined> {
  const backend = await torchBackend("bf16");
  if (!backend?.torch.isCuda) return backend;
  console.log("skipped: torch computes on a GPU, whose memory cannot be read");
  await torchBackend();
  return undefined;
}

/** MaxSim as on a GPU, on this processor, until it is disposed. */
async function asOnGpu({ folder }: Emulated): Promise<Disposable> {
  const library = await openTorch();
  const found = { ...library.found, folder };
  const driver = `${folder}/libcuda.so.1`;
  const put = (kernel: typeof onAll) => {
    tf.unregisterKernel("LabMaxSim", BACKEND);
    registerKernels({ LabMaxSim: kernel });
  };
  const { functions } = library;
  const gpu = { text: "an emulated H100", capability: 9 };
  put(maxSimOnGpu({ functions, found, gpu, driver, blocks: 2 }, onAll));
  return { [Symbol.dispose]: () => put(onAll) };
}

/** Whole eighths, so that bf16 holds them and many similarities are equal. */
function vectors(seed: number, rows: number, dim: number): Tensor {
  const { normal } = stream(seed, "vectors");
  const values = Array.from({ length: rows * dim }, () => {
    return Math.round(4 * normal()) / 8;
  });
  return tensorOf(values, [rows, dim]);
}

/** Where texts of some lengths begin. */
function offsetsOf(lengths: readonly number[]): Int32Array {
  const offsets = new Int32Array(lengths.length + 1);
  lengths.forEach((length, i) => offsets[i + 1] = offsets[i]! + length);
  return offsets;
}

/** Texts of some lengths, of which every so many tokens do not count. */
function texts(
  queries: readonly number[],
  documents: readonly number[],
  dropped = Infinity,
): MaxSimOptions {
  const flags = (lengths: readonly number[]) =>
    Uint8Array.from(
      lengths.flatMap((length) =>
        Array.from({ length }, (_, i) => i % dropped === dropped - 1 ? 0 : 1)
      ),
    );
  return {
    queryOffsets: offsetsOf(queries),
    documentOffsets: offsetsOf(documents),
    queryKeep: flags(queries),
    documentKeep: flags(documents),
  };
}

/** Scores, and both gradients of a weighted sum of them. */
function results(dim: number, options: MaxSimOptions): Float32Array[] {
  const sizes = [options.queryKeep, options.documentKeep] as const;
  const [q, d] = sizes.map(({ length }, i) => vectors(i, length, dim)) as [
    Tensor,
    Tensor,
  ];
  const alone = read(maxSim(q, d, options)) as Float32Array;
  const { value, gradients } = valueAndGradients((given) => {
    const scores = maxSim(given["q"]!, given["d"]!, options);
    const weights = Array.from({ length: scores.size }, (_, i) => 1 + i % 3);
    return tf.sum(tf.mul(scores, tensorOf(weights, scores.shape)));
  }, { q, d });
  return [alone, ...[value, gradients["q"]!, gradients["d"]!].map(read)].map((
    numbers,
  ) => Float32Array.from(numbers));
}

const CASES: readonly (readonly [string, number, MaxSimOptions])[] = [
  ["texts of equal length", 16, texts([4, 4], [64, 64, 64])],
  ["one token with one", 16, texts([1], [1])],
  [
    "lengths around those of a tile and a block",
    48,
    texts([130, 3], [63, 64, 65, 1, 129]),
  ],
  ["tokens that do not count", 16, texts([5, 9, 2], [70, 3, 65, 10], 3)],
];

Deno.test("MaxSim by the CUDA kernel, emulated, gives scores and gradients of libtorch's operators", async (t) => {
  const backend = await torchOnProcessor();
  using libraries = backend && await emulated();
  if (!backend || !libraries) return;
  const { isShort } = backend;
  backend.isShort = true;
  for (const [name, dim, options] of CASES) {
    await t.step(name, async () => {
      const expected = results(dim, options);
      const before = libraries.symbols.launched();
      using _ = await asOnGpu(libraries);
      const got = results(dim, options);
      // both kernels are proven first, and started once each
      assertEquals(libraries.symbols.launched() - before, 4);
      got.forEach((numbers, i) =>
        numbers.forEach((value, j) =>
          assertLess(Math.abs(value - expected[i]![j]!), 1e-5)
        )
      );
    });
  }
  backend.isShort = isShort;
  await torchBackend();
});

Deno.test("MaxSim on a GPU leaves to libtorch's operators what the kernel cannot do, or does wrong", async (t) => {
  const backend = await torchOnProcessor();
  using libraries = backend && await emulated();
  if (!backend || !libraries) return;
  const { isShort } = backend;
  const { symbols } = libraries;
  const options = texts([4, 4], [5, 7]);
  for (
    const [name, fault, dim, given, starts] of [
      ["does not compile", 1, 16, options, 0],
      ["does not start", 2, 16, options, 2],
      ["gives other numbers", 3, 16, options, 2],
      ["no multiple of 16", 0, 20, options, 0],
      ["documents of each query", 0, 16, { ...options, ways: 1 }, 0],
    ] as const
  ) {
    await t.step(name, async () => {
      backend.isShort = true;
      const expected = results(dim, given);
      const before = symbols.launched();
      symbols.setFault(fault);
      using _ = await asOnGpu(libraries);
      assertEquals(results(dim, given), expected);
      assertEquals(symbols.launched() - before, starts);
      symbols.setFault(0);
    });
  }
  await t.step("products in 32 bits", async () => {
    await torchBackend("fp32");
    const before = symbols.launched();
    using _ = await asOnGpu(libraries);
    assertGreater(results(16, options)[0]!.length, 0);
    assertEquals(symbols.launched(), before);
  });
  backend.isShort = isShort;
  await torchBackend();
});
