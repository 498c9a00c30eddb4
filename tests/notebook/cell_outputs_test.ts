import { assertEquals } from "@std/assert";
import { outputCollector } from "#lib/notebook/cell_outputs.ts";

type Collector = ReturnType<typeof outputCollector>;

function send(collector: Collector, type: string, content: unknown): void {
  collector.take({ type, id: "m", parent: "p", content });
}

Deno.test("outputCollector() joins one stream and keeps two apart", () => {
  const collector = outputCollector();
  const outputs = collector.nextCell();
  for (
    const [name, text] of [["stdout", "a"], ["stdout", "b\nc"], ["stderr", "!"]]
  ) {
    send(collector, "stream", { name, text });
  }
  assertEquals(outputs, [
    { output_type: "stream", name: "stdout", text: ["ab\n", "c"] },
    { output_type: "stream", name: "stderr", text: ["!"] },
  ]);
});

Deno.test("outputCollector() replaces a named output also in an earlier cell", () => {
  const collector = outputCollector();
  const first = collector.nextCell();
  send(collector, "display_data", {
    data: { "text/plain": "1" },
    transient: { display_id: "p" },
  });
  const second = collector.nextCell();
  send(collector, "update_display_data", {
    data: { "text/plain": "2" },
    transient: { display_id: "p" },
  });
  assertEquals(first, [{
    output_type: "display_data",
    data: { "text/plain": ["2"] },
    metadata: {},
  }]);
  assertEquals(second, []);
});

Deno.test("outputCollector() clears at once, or when the next output comes", () => {
  const collector = outputCollector();
  const outputs = collector.nextCell();
  send(collector, "stream", { name: "stdout", text: "a" });
  send(collector, "clear_output", { wait: true });
  send(collector, "status", { execution_state: "busy" });
  assertEquals(outputs.length, 1);
  send(collector, "stream", { name: "stdout", text: "b" });
  assertEquals(outputs, [{
    output_type: "stream",
    name: "stdout",
    text: ["b"],
  }]);
  send(collector, "clear_output", { wait: false });
  assertEquals(outputs, []);
});

Deno.test("outputCollector() keeps pictures and JSON whole", () => {
  const collector = outputCollector();
  const outputs = collector.nextCell();
  const data = {
    "image/png": "ab\ncd",
    "application/json": { a: 1 },
    "text/html": "a\nb",
  };
  send(collector, "execute_result", { data, metadata: {}, execution_count: 3 });
  assertEquals(outputs, [{
    output_type: "execute_result",
    data: { ...data, "text/html": ["a\n", "b"] },
    metadata: {},
    execution_count: 3,
  }]);
});
