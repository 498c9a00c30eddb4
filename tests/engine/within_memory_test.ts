import "#tests/support/permitted.ts";
import { read, tf } from "#lib/engine/tensor.ts";
import { type EngineName, useEngine } from "#lib/engine/use_engine.ts";
import { isOutOfMemory, withinMemory } from "#lib/engine/within_memory.ts";
import { tensorFlowBackend } from "#tests/engine/tensorflow/present.ts";
import { torchBackend } from "#tests/engine/torch/present.ts";
import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";

/** What engines were seen, or are known from their sources, to say. */
const SAID = [
  "Cannot compute aten::mm with libtorch: expected no error, got CUDA out of memory. Tried to allocate 20.00 GiB.",
  "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 288230376151711744 bytes. Error code 12 (Cannot allocate memory)",
  "[enforce fail at alloc_cpu.cpp:80] data. DefaultCPUAllocator: not enough memory: you tried to allocate 80000000000 bytes.",
  "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
  "Non-zero status code returned while running MatMul node. bfc_arena.cc: Failed to allocate memory for requested buffer of size 4096",
  "std::bad_alloc",
  "bad allocation",
  "OOM when allocating tensor with shape[32768,32768] and type float on /job:localhost by allocator GPU_0_bfc",
  "RESOURCE_EXHAUSTED: failed to copy",
  "Array buffer allocation failed",
  "Cannot make a tensor on engine wasm: expected 1073741824 bytes of memory, got none",
];

Deno.test("isOutOfMemory() knows the words of every engine", () => {
  for (const text of SAID) assert(isOutOfMemory(new RangeError(text)), text);
});

Deno.test("isOutOfMemory() takes no other error for it", () => {
  for (
    const text of [
      "Cannot make a tensor: expected 4 numbers for [4], got 3 numbers",
      "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)",
      "memory access out of bounds", // WebAssembly after a defect: nothing there can be trusted
      "Cannot take step 3: expected a finite loss, got NaN",
    ]
  ) assertFalse(isOutOfMemory(new RangeError(text)), text);
  assertFalse(isOutOfMemory("out of memory"));
});

/** Work that fits for at most so many at a time, and leaves tensors where it does not. */
function fitting(most: number, tried: number[]) {
  return (chunk: number) => {
    tried.push(chunk);
    const made = tf.ones([chunk]);
    if (chunk > most) throw new RangeError("CUDA out of memory.");
    return { made };
  };
}

Deno.test("withinMemory() halves until it fits, says so, and frees what did not fit", async () => {
  await useEngine("reference");
  const before = tf.memory().numTensors;
  const [tried, said]: [number[], string[]] = [[], []];
  const { result, chunk } = withinMemory("count", 9, {
    compute: fitting(3, tried),
    say: (line) => void said.push(line),
    units: "texts",
    advice: "stop",
  });
  assertEquals(tried, [9, 5, 3]);
  assertEquals([chunk, result.made.size], [3, 3]);
  assertEquals(said, [
    "Out of memory with 9 texts at a time: goes on with 5",
    "Out of memory with 5 texts at a time: goes on with 3",
  ]);
  result.made.dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("withinMemory() gives up with one error where one is too many", async () => {
  await useEngine("reference");
  const before = tf.memory().numTensors;
  const tried: number[] = [];
  const options = {
    compute: fitting(0, tried),
    units: "texts",
    advice: "stop",
  };
  const error = assertThrows(
    () => withinMemory("count", 4, options),
    RangeError,
    "Cannot count: expected memory for one at a time, got: CUDA out of memory.; stop",
  );
  assert(isOutOfMemory((error as Error).cause));
  assertEquals(tried, [4, 2, 1]);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("withinMemory() passes another error on at once", async () => {
  await useEngine("reference");
  let calls = 0;
  const compute = () => {
    calls++;
    throw new TypeError("no");
  };
  const options = { compute, units: "texts", advice: "stop" };
  assertThrows(() => withinMemory("count", 4, options), TypeError, "no");
  assertEquals(calls, 1);
});

/** Puts an engine in use; false where it is not there. */
async function isThere(engine: EngineName): Promise<boolean> {
  if (engine === "torch") return await torchBackend() !== undefined;
  if (engine === "tensorflow") return await tensorFlowBackend() !== undefined;
  return (await useEngine(engine)).name === engine;
}

const ENGINES = ["reference", "onnx", "wasm", "torch", "tensorflow"] as const;
for (const engine of ENGINES) {
  Deno.test(`an allocation that no machine can make is known as such on ${engine}, and nothing of it stays`, async () => {
    if (!await isThere(engine)) return;
    const before = [tf.memory().numTensors, tf.memory().numDataBuffers];
    const most = 2 ** 20; // 2^58 bytes, more than processors can address
    const error = assertThrows(() => tf.fill([most, most, 2 ** 16], 1));
    assert(isOutOfMemory(error), `${error}`);
    assertEquals([tf.memory().numTensors, tf.memory().numDataBuffers], before);
    const sum = tf.tidy(() => tf.sum(tf.ones([1000])));
    assertEquals(read(sum)[0], 1000);
    sum.dispose();
  });
}
