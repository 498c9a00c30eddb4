/**
 * The one file that knows `Deno.jupyter`: what a live notebook needs of the
 * kernel, and what has to be put right in it.
 *
 * Importing it inside a kernel connects the lab to the notebook; anywhere else
 * it does nothing.
 *
 * @module
 */
import { DISPLAY, type MimeBundle } from "../report/mime_bundle.ts";
import { type SendOptions, type Sink, useSink } from "../report/sink.ts";

/** What we use of the kernel. */
interface KernelApi {
  display(bundle: MimeBundle, options: Record<string, unknown>): Promise<void>;
  format(value: unknown): Promise<MimeBundle>;
  broadcast(type: string, content: unknown): void;
}

/** The kernel's own hook that ends a cell; absent in other kernels. */
interface KernelInternals {
  broadcastResult?: (count: number, result: unknown) => Promise<void>;
}

/** Milliseconds between a cell's last output and its end, and bytes that need one more. */
const SETTLE = 10;
const BYTES_A_MILLISECOND = 100_000;

/** Symbol under which a process remembers that it is connected, and its Stop button. */
const KEY = Symbol.for("maxsim-lab.kernel");

/** What the connected process keeps. */
interface Connection {
  controller: AbortController;
}

const world = globalThis as unknown as Record<symbol, Connection | undefined>;

/**
 * Whether this program runs inside a Jupyter kernel.
 *
 * @example Usage
 * ```ts
 * import { isInKernel } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isInKernel(), false);
 * ```
 */
export function isInKernel(): boolean {
  return internals()?.broadcastResult !== undefined;
}

/**
 * A signal that the notebook's Stop button aborts. Give it to long work: a
 * kernel without a listener would die of the button, and with it the state.
 *
 * After a stop the next call gives a fresh signal. Outside a kernel the signal
 * is never aborted.
 *
 * @returns The signal of the work that starts now.
 *
 * @example Usage
 * ```ts
 * import { stopSignal } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stopSignal().aborted, false);
 * ```
 */
export function stopSignal(): AbortSignal {
  return (world[KEY]?.controller ?? new AbortController()).signal;
}

/**
 * Connects the lab to the kernel it runs in: outputs of `show` and progress go
 * to the page, the Stop button aborts {@linkcode stopSignal}, tables of arquero
 * show as tables, and a cell ends only after its outputs were sent.
 *
 * @returns Whether there was a kernel to connect to.
 *
 * @example Usage
 * ```ts
 * import { connectKernel } from "#lib/notebook/adapter.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(connectKernel(), false); // no kernel here
 * ```
 */
export function connectKernel(): boolean {
  if (!isInKernel() || world[KEY]) return isInKernel();
  const connection: Connection = { controller: new AbortController() };
  world[KEY] = connection;
  useSink(pageSink());
  settleCells();
  Deno.addSignalListener("SIGINT", () => {
    connection.controller.abort(new DOMException("interrupted", "AbortError"));
    connection.controller = new AbortController();
  });
  return true;
}

/** Bytes sent since the last cell ended: large outputs need longer on their way. */
let sent = 0;

function pageSink(): Sink {
  return {
    live: true,
    send(bundle: MimeBundle, { id, update = false }: SendOptions = {}) {
      sent += sizeOf(bundle);
      const name = id === undefined ? {} : { display_id: id };
      return kernel().display(bundle, { raw: true, update, ...name });
    },
  };
}

/**
 * Deno from 2.8.2 on tells that a cell is over before its last outputs are on
 * their way; front ends then drop them, or put them under the next cell. So a
 * cell is held until they have gone. The name that we wrap is internal: where
 * it is missing nothing is done.
 */
function settleCells(): void {
  const hooks = internals()!;
  const inner = hooks.broadcastResult!;
  hooks.broadcastResult = async (count, result) => {
    await inner(count, presentable(result));
    await new Promise((resolve) =>
      setTimeout(resolve, SETTLE + sent / BYTES_A_MILLISECOND)
    );
    sent = 0;
  };
}

/** A cell's last value, its forms measured, and made here where the kernel cannot. */
function presentable(result: unknown): unknown {
  if (result === undefined || result === null) return result;
  const forms = async () => {
    const made = isArquero(result)
      ? {
        "text/html": result.toHTML({ limit: 20 }),
        "text/plain": String(result),
      }
      : await kernel().format(result);
    sent += sizeOf(made);
    return made;
  };
  return { [DISPLAY]: forms };
}

/** A table of arquero, told by what it can do, since arquero is loaded only where it is used. */
interface ArqueroTable {
  toHTML(options: { readonly limit: number }): string;
  toMarkdown(): string;
}

function isArquero(value: unknown): value is ArqueroTable {
  return typeof value === "object" && value !== null &&
    ["toHTML", "toMarkdown", "numRows"].every((name) =>
      typeof (value as Record<string, unknown>)[name] === "function"
    );
}

function sizeOf(bundle: MimeBundle): number {
  return Object.values(bundle).reduce<number>(
    (sum, form) => sum + (typeof form === "string" ? form.length : 1000),
    0,
  );
}

function kernel(): KernelApi {
  return (Deno as unknown as { readonly jupyter: KernelApi }).jupyter;
}

function internals(): KernelInternals | undefined {
  const deno = Deno as unknown as
    & { readonly internal: symbol }
    & Record<symbol, { jupyter?: KernelInternals } | undefined>;
  return deno[deno.internal]?.jupyter;
}

connectKernel();
