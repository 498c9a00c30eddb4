import "#tests/support/permitted.ts";
import {
  type GroupGradient,
  groupGradients,
  groupResult,
  groupsOf,
} from "#lib/engine/torch/kernels/attention_groups.ts";
import {
  packedKeys,
  packingOf,
} from "#lib/engine/torch/kernels/attention_packed.ts";
import { ELEMENT, type Handle } from "#lib/engine/torch/operators.ts";
import type { Tensors } from "#lib/engine/torch/tensors.ts";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { torchBackend } from "./present.ts";

/** Numbers that look random. */
function numbers(torch: Tensors, rows: number, width: number): Handle {
  const values = Float32Array.from(
    { length: rows * width },
    (_, i) => Math.sin(i * 12.9898),
  );
  return torch.fromHost(values, [rows, width], ELEMENT.float32);
}

Deno.test("attention by plain products, for GPUs in 32 bits, is what the flash kernel gives", async () => {
  const backend = await torchBackend();
  if (!backend) return;
  const { torch } = backend;
  if (torch.isCuda) return console.log("skipped: the processor's flash kernel");
  const settings = {
    offsets: Int32Array.of(0, 5, 10),
    attend: Uint8Array.of(1, 1, 0, 1, 1, 1, 0, 0, 1, 1),
    heads: 2,
    scale: 0.3,
  };
  torch.scoped(() => {
    const qkv = numbers(torch, 10, 24);
    const dy = numbers(torch, 10, 8);
    const all = [true, false].map((isFlash) => {
      const [group] = groupsOf(torch, settings, { isFlash });
      const { y, sums } = groupResult(torch, qkv, group!);
      const dqkv = torch.empty([10, 24]);
      const rows: GroupGradient = { dy, qkv, y, sums, dqkv };
      groupGradients(torch, rows, group!);
      return [[y, 80], [dqkv, 240]].map(([tensor, size]) =>
        torch.toHost(tensor as Handle, "float32", size as number)
      );
    });
    const [flash, plain] = all as [Float32Array[], Float32Array[]];
    flash.forEach((values, which) =>
      // Both sum at most 12 products of numbers below 1 in 32 bits.
      values.forEach((x, i) => assertAlmostEquals(x, plain[which]![i]!, 1e-5))
    );
  });
});

Deno.test("groupsOf() cuts texts of one length into groups of so many rows, a text at least", async () => {
  const backend = await torchBackend();
  if (!backend) return;
  const { torch } = backend;
  const settings = {
    offsets: Int32Array.of(0, 2, 4, 6, 15),
    attend: new Uint8Array(15).fill(1),
    heads: 1,
    scale: 1,
  };
  const cut = torch.scoped(() => groupsOf(torch, settings, { rows: 5 }));
  assertEquals(
    cut.map(({ start, count, length }) => [start, count, length]),
    [[0, 2, 2], [4, 1, 2], [6, 1, 9]],
  );
  const whole = torch.scoped(() => groupsOf(torch, settings));
  assertEquals(whole.map(({ count }) => count), [3, 1]);
});

Deno.test("packedKeys() gathers the keys that may be seen, text by text", () => {
  const { starts, tokens } = packedKeys({
    offsets: Int32Array.of(0, 3, 4, 6),
    attend: Uint8Array.of(1, 0, 1, 1, 0, 1),
  });
  assertEquals([...tokens], [0, 2, 3, 5]);
  assertEquals([...starts], [0, 2, 3, 4]);
});

Deno.test("packingOf() gives queries and keys lengths of their own, and keeps those of the last texts", async () => {
  const backend = await torchBackend();
  if (!backend) return;
  const { torch } = backend;
  const settings = {
    offsets: Int32Array.of(0, 3, 4, 6),
    attend: Uint8Array.of(1, 0, 1, 1, 0, 1),
    heads: 1,
    scale: 1,
  };
  const all = { ...settings, attend: new Uint8Array(6).fill(1) };
  const packed = (given: typeof settings) =>
    torch.scoped(() => packingOf(torch, given));
  const packing = packed(settings);
  assertEquals([packing.longestQuery, packing.longestKey], [3, 2]);
  const starts = torch.scoped(() =>
    torch.toHost(packing.keyStarts, "int32", 4)
  );
  assertEquals([...starts], [0, 2, 3, 4]);
  const owned = torch.owned();
  assertEquals(packed({ ...settings, scale: 2 }), { ...packing, scale: 2 });
  assertEquals(torch.owned(), owned);
  assertEquals(packed(all).longestKey, 3);
  assertEquals(torch.owned(), owned - 1); // no list of keys where all are
});

Deno.test("attention by plain products in bf16 is that in 32 bits, rounded", async () => {
  const backend = await torchBackend();
  if (!backend) return;
  const { torch } = backend;
  torch.scoped(() => {
    const settings = {
      offsets: Int32Array.of(0, 5),
      attend: new Uint8Array(5).fill(1),
      heads: 2,
      scale: 0.5,
    };
    const [group] = groupsOf(torch, settings, { isFlash: false });
    const qkv = numbers(torch, 5, 24);
    const [wide, short] = [qkv, torch.as(qkv, ELEMENT.bfloat16)].map((given) =>
      torch.toHost(groupResult(torch, given, group!).y, "float32", 40)
    ) as [Float32Array, Float32Array];
    // Numbers up to 1 and logits up to 2 with 8 bits.
    wide.forEach((x, i) => assertAlmostEquals(x, short[i]!, 0.02));
  });
});
