import "#tests/support/permitted.ts";
import { contextSettings } from "#lib/engine/tensorflow/context.ts";
import { ELEMENT } from "#lib/engine/tensorflow/operators.ts";
import { assertEquals, assertThrows } from "@std/assert";
import { tensorFlowBackend } from "./present.ts";

Deno.test("contextSettings() is a ConfigProto: threads, growth, soft placement", () => {
  assertEquals([...contextSettings()], [0x32, 2, 0x20, 1, 0x38, 1]);
  assertEquals([...contextSettings(3)].slice(0, 2), [0x10, 3]);
  // 300 = 0b10_0101100: seven bits a byte, the lowest first.
  assertEquals([...contextSettings(300)].slice(0, 3), [0x10, 0xac, 0x02]);
});

Deno.test("an operation that TensorFlow refuses is told in TensorFlow's words", async () => {
  const backend = await tensorFlowBackend();
  if (!backend) return;
  const { flow } = backend;
  const before = backend.usage();
  flow.scoped(() => {
    const x = flow.fromHost(Float32Array.of(1, 2), [2], ELEMENT.float32);
    assertThrows(
      () => flow.call("MatMul", [x, x]),
      RangeError,
      "Cannot compute MatMul with TensorFlow: expected no error, got ",
    );
    assertThrows(
      () => flow.call("NoSuchOperation", [x]),
      RangeError,
      "Cannot compute NoSuchOperation with TensorFlow: expected no error, got ",
    );
  });
  assertEquals(backend.usage(), before);
});

Deno.test("tensors of whole numbers are kept for the next call, only so many of them", async () => {
  const backend = await tensorFlowBackend();
  if (!backend) return;
  const { flow } = backend;
  const before = backend.usage();
  flow.scoped(() => {
    const one = flow.whole([1, 2]);
    assertEquals(flow.whole([1, 2]), one);
    for (let i = 0; i < 3000; i++) flow.whole([i, 7, 7, 7]);
    // The first has been let go, and is still there until the scope ends.
    assertEquals([...flow.toHost(one, "int32", 2)], [1, 2]);
  });
  assertEquals(flow.kept(), 1024);
  assertEquals(backend.usage(), before);
});
