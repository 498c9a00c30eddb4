import "#tests/support/permitted.ts";
import { dropoutMask } from "#lib/engine/ops/dropout.ts";
import { drawnMask } from "#lib/engine/torch/kernels/dropout_mask.ts";
import { assertEquals } from "@std/assert";
import { torchBackend } from "./present.ts";

for (const n of [7, 8, 1]) {
  Deno.test(`drawnMask() draws the bits of dropoutMask() for ${n} features`, async () => {
    const backend = await torchBackend();
    if (!backend) return;
    const { torch } = backend;
    const rowKeys = Uint32Array.of(0, 1, 0xffffffff, 0x80000000, 12345);
    for (const rate of [0.1, 0.5, 0.9]) {
      const place = { rate, rowKeys, site: 3 };
      const expected = [...dropoutMask(n, place)].map((x) => x === 0 ? 0 : 1);
      torch.scoped(() => {
        const mask = drawnMask(torch, { ...place, n });
        assertEquals([...torch.toHost(mask, "bool", 5 * n)], expected);
      });
    }
  });
}
