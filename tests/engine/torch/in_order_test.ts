import "#tests/support/permitted.ts";
import { openLibrary } from "#lib/engine/foreign.ts";
import { inOrderBy } from "#lib/engine/torch/in_order.ts";
import { assertEquals, assertThrows } from "@std/assert";
import { openTorch } from "#lib/engine/torch/library.ts";
import { torchBackend } from "./present.ts";

Deno.test("inOrder() has PyTorch's deterministic algorithms on while it computes, and off after an error", async () => {
  if (!await torchBackend()) return;
  const { library } = (await openTorch()).found;
  const { _ZN2at13globalContextEv: context, ...asks } = openLibrary(library, {
    _ZN2at13globalContextEv: { parameters: [], result: "u64" },
    _ZNK2at7Context23deterministicAlgorithmsEv: {
      parameters: ["u64"],
      result: "bool",
    },
  });
  const isOn = () =>
    Boolean(asks._ZNK2at7Context23deterministicAlgorithmsEv!(context!()));
  const inOrder = inOrderBy(library);
  assertEquals([isOn(), inOrder(isOn), isOn()], [false, true, false]);
  assertThrows(() =>
    inOrder(() => {
      throw new RangeError("mended");
    }), RangeError);
  assertEquals(isOn(), false);
});
