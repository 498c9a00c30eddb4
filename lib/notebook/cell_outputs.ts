import type { JupyterMessage } from "./wire.ts";
import { type CellOutput, linesOf } from "./notebook_file.ts";

type Shown = Extract<CellOutput, { data: Record<string, unknown> }>;

/** Turns a kernel's messages into the outputs that a notebook keeps. */
export interface OutputCollector {
  /**
   * Starts the outputs of the next cell.
   *
   * @returns The list that the cell's messages fill.
   */
  nextCell(): CellOutput[];
  /**
   * Takes one message of the cell that runs.
   *
   * @param message From the kernel.
   */
  take(message: JupyterMessage): void;
}

/**
 * Makes a collector for one run of a notebook, as a front end would keep it:
 * texts of one stream are joined, named outputs are replaced wherever they
 * stand, and `clear_output` clears.
 *
 * @returns The collector.
 *
 * @example Usage
 * ```ts
 * import { outputCollector } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const collector = outputCollector();
 * const outputs = collector.nextCell();
 * const content = { name: "stdout", text: "a\n" };
 * collector.take({ type: "stream", id: "1", parent: "0", content });
 * assertEquals(outputs, [{ output_type: "stream", name: "stdout", text: ["a\n"] }]);
 * ```
 */
export function outputCollector(): OutputCollector {
  const named = new Map<string, Shown[]>();
  let outputs: CellOutput[] = [];
  let clearNext = false;
  return {
    nextCell() {
      clearNext = false;
      return outputs = [];
    },
    take({ type, content }) {
      if (type === "clear_output") {
        if (content.wait) clearNext = true;
        else outputs.length = 0;
        return;
      }
      if (type === "update_display_data") {
        return replace(named.get(content.transient?.display_id), content);
      }
      if (!OUTPUTS.has(type)) return;
      if (clearNext) outputs.length = 0;
      clearNext = false;
      add(outputs, type, content);
      remember(named, outputs.at(-1), content.transient?.display_id);
    },
  };
}

const OUTPUTS = new Set(["stream", "display_data", "execute_result", "error"]);

type Content = JupyterMessage["content"];

function add(outputs: CellOutput[], type: string, content: Content): void {
  if (type === "stream") addText(outputs, content.name, content.text);
  else if (type === "error") {
    const { ename, evalue, traceback } = content;
    outputs.push({ output_type: "error", ename, evalue, traceback });
  } else {
    outputs.push({
      output_type: type as Shown["output_type"],
      data: storedForms(content.data),
      metadata: content.metadata ?? {},
      ...(type === "execute_result"
        ? { execution_count: content.execution_count }
        : {}),
    });
  }
}

function addText(outputs: CellOutput[], name: string, text: string): void {
  const last = outputs.at(-1);
  if (last?.output_type === "stream" && last.name === name) {
    last.text = linesOf(last.text.join("") + text);
  } else {
    outputs.push({ output_type: "stream", name, text: linesOf(text) });
  }
}

function remember(
  named: Map<string, Shown[]>,
  output: CellOutput | undefined,
  id: string | undefined,
): void {
  if (id === undefined || !output || !("data" in output)) return;
  named.set(id, [...named.get(id) ?? [], output]);
}

function replace(shown: readonly Shown[] | undefined, content: Content): void {
  for (const output of shown ?? []) {
    output.data = storedForms(content.data);
    output.metadata = content.metadata ?? {};
  }
}

/**
 * Forms by media type as a notebook file keeps them: text as lines, binary and
 * JSON as they are.
 *
 * @param data Forms by media type.
 * @returns The same, texts in lines.
 *
 * @example Usage
 * ```ts
 * import { storedForms } from "#lib/notebook/cell_outputs.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(storedForms({ "text/plain": "a\nb" }), { "text/plain": ["a\n", "b"] });
 * ```
 */
export function storedForms(
  data: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).map(([type, value]) => [
      type,
      typeof value === "string" && isTextual(type) ? linesOf(value) : value,
    ]),
  );
}

function isTextual(type: string): boolean {
  return type.startsWith("text/") || type === "image/svg+xml";
}
