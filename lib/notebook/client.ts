import { connectSoon, kill, startProcess } from "./kernel_process.ts";
import type { ZmtpSocket } from "./zmtp.ts";
import { type JupyterMessage, jupyterWire, type Wire } from "./wire.ts";

/** How a kernel is started. */
export interface KernelOptions {
  /** The folder in which it runs: relative imports and `deno.json` are sought from here. */
  readonly folder?: string;
  /** Environment variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** The program; default the Deno that runs this. */
  readonly deno?: string;
}

/** How a cell went. */
export type CellStatus = "ok" | "error" | "timeout" | "dead";

/** What the kernel said of a cell after it ran. */
export interface CellReply {
  /** `dead` when the kernel ended by itself, `timeout` when we ended it. */
  readonly status: CellStatus;
  /** The kernel's count of cells. */
  readonly count?: number;
  /** Kind of the error. */
  readonly name?: string;
  /** Text of the error. */
  readonly message?: string;
}

/** How a cell is run. */
export interface ExecuteOptions {
  /** Takes every message that the cell caused, its status included, in order. */
  readonly onMessage?: (message: JupyterMessage) => void;
  /** Seconds after which the kernel is ended, default 600. */
  readonly timeout?: number;
}

/** A running `deno jupyter` kernel. */
export interface Kernel {
  /**
   * Runs one cell to its end, with all that it sent.
   *
   * @param code The cell.
   * @param options Where messages go, and the time allowed.
   */
  execute(code: string, options?: ExecuteOptions): Promise<CellReply>;
  /** Presses Stop: sends the kernel an interrupt. */
  interrupt(): void;
  /** Ends the kernel. */
  stop(): Promise<void>;
}

/** Media type of the mark that follows a cell's outputs. */
const MARK = "application/vnd.maxsim-lab.mark";

/**
 * Starts a real Deno kernel and connects to it, with nothing but Deno.
 *
 * The kernel of Deno 2.9 tells that it is idle before late outputs arrive. So
 * after each cell a mark is sent through the same queue as outputs: when the
 * mark is back, all that the cell sent has come.
 *
 * @param options Folder, environment, program.
 * @returns The kernel, ready for cells.
 * @throws {RangeError} If it does not start.
 *
 * @example Usage
 * ```ts
 * import { startKernel } from "#lib/notebook/client.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const kernel = await startKernel();
 * const { status } = await kernel.execute("1 + 1");
 * await kernel.stop();
 * assertEquals(status, "ok");
 * ```
 */
export async function startKernel(
  { folder = Deno.cwd(), env = {}, deno = Deno.execPath() }: KernelOptions = {},
): Promise<Kernel> {
  const started = await startProcess({ folder, env, deno });
  const { process, ports, file } = started;
  try {
    const wire = await jupyterWire(started.key);
    const iopub = await connectSoon(ports.iopub_port, "SUB", process);
    const shell = await connectSoon(ports.shell_port, "DEALER", process);
    const control = await connectSoon(ports.control_port, "DEALER", process);
    const parts: Parts = { process, wire, iopub, shell, control, file };
    const heard = new Set<Hear>();
    const listening = [iopub, shell, control].map((socket) =>
      listen(socket, wire, heard)
    );
    await subscribed(parts, heard);
    return kernelOf(parts, heard, listening);
  } catch (error) {
    kill(process);
    await Deno.remove(file);
    throw error;
  }
}

/** All that a running kernel is made of. */
interface Parts {
  readonly process: Deno.ChildProcess;
  readonly wire: Wire;
  readonly iopub: ZmtpSocket;
  readonly shell: ZmtpSocket;
  readonly control: ZmtpSocket;
  readonly file: string;
}

type Hear = (message: JupyterMessage) => void;

/** Reads a socket to its end and tells every message to all who listen. */
async function listen(
  socket: ZmtpSocket,
  wire: Wire,
  heard: ReadonlySet<Hear>,
): Promise<void> {
  for (let frames; (frames = await socket.receive());) {
    const message = await wire.decode(frames);
    for (const hear of [...heard]) hear(message);
  }
}

/** A publisher forgets what it sends before it has read our subscription: asks until it is heard. */
async function subscribed(
  { process, wire, shell }: Parts,
  heard: Set<Hear>,
): Promise<void> {
  let isHeard = false;
  const hear: Hear = ({ type }) => isHeard ||= type === "status";
  heard.add(hear);
  process.status.then(() => isHeard = true);
  while (!isHeard) {
    const { frames } = await wire.encode("kernel_info_request", {});
    await sendIfAlive(shell, frames);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  heard.delete(hear);
}

function kernelOf(
  parts: Parts,
  heard: Set<Hear>,
  listening: readonly Promise<void>[],
): Kernel {
  const { process, wire, iopub, shell, control, file } = parts;
  return {
    execute: (code, options) => execute(parts, heard, { ...options, code }),
    interrupt: () => process.kill("SIGINT"),
    async stop() {
      const { frames } = await wire.encode("shutdown_request", {
        restart: false,
      });
      await sendIfAlive(control, frames);
      const late = setTimeout(() => kill(process), 2000);
      await process.status;
      clearTimeout(late);
      for (const socket of [iopub, shell, control]) socket.close();
      await Promise.all(listening);
      await Deno.remove(file);
    },
  };
}

/** A dead kernel is told by its process, not by its sockets. */
async function sendIfAlive(
  socket: ZmtpSocket,
  frames: readonly Uint8Array[],
): Promise<void> {
  await socket.send(frames).catch(() => {});
}

async function execute(
  parts: Parts,
  heard: Set<Hear>,
  { code, onMessage = () => {}, timeout = 600 }: ExecuteOptions & {
    readonly code: string;
  },
): Promise<CellReply> {
  const end = endOf(parts.process, timeout);
  const mark = crypto.randomUUID();
  const marked = Promise.withResolvers<void>();
  const hear: Hear = (message) => {
    if (message.content.data?.[MARK] === mark) marked.resolve();
    else onMessage(message);
  };
  try {
    const run = ask(parts, heard, { content: request(code, false), hear });
    const reply = await Promise.race([run, end.reached]);
    if (reply.status === "dead" || reply.status === "timeout") return reply;
    const after = ask(parts, heard, {
      content: request(markCode(mark), true),
      hear,
    });
    const all = Promise.all([after, marked.promise]).then(() => reply);
    return await Promise.race([all, end.reached]);
  } finally {
    end.clear();
    heard.clear();
  }
}

/** Sends one request and waits for its reply; the listener stays. */
async function ask(
  { wire, shell }: Parts,
  heard: Set<Hear>,
  { content, hear }: { readonly content: unknown; readonly hear: Hear },
): Promise<CellReply> {
  const { id, frames } = await wire.encode("execute_request", content);
  const reply = Promise.withResolvers<CellReply>();
  heard.add((message) => {
    if (message.parent !== id) return;
    if (message.type === "execute_reply") {
      reply.resolve(replyOf(message.content));
    } else hear(message);
  });
  await sendIfAlive(shell, frames);
  return await reply.promise;
}

/** The two ways in which a cell can end with its kernel. */
function endOf(
  process: Deno.ChildProcess,
  timeout: number,
): { readonly reached: Promise<CellReply>; readonly clear: () => void } {
  let isLate = false;
  const clock = setTimeout(() => {
    isLate = true;
    kill(process);
  }, timeout * 1000);
  const reached = process.status.then(({ code, signal }): CellReply => {
    const message = `the kernel ended with ${signal ?? `exit code ${code}`}`;
    return isLate
      ? {
        status: "timeout",
        name: "Timeout",
        message: `the cell ran longer than ${timeout} s`,
      }
      : { status: "dead", name: "DeadKernel", message };
  });
  return { reached, clear: () => clearTimeout(clock) };
}

function request(code: string, silent: boolean): Record<string, unknown> {
  return {
    code,
    silent,
    store_history: !silent,
    user_expressions: {},
    allow_stdin: false,
    stop_on_error: true,
  };
}

function markCode(mark: string): string {
  const content = { data: { [MARK]: mark }, metadata: {}, transient: {} };
  return `Deno.jupyter.broadcast("display_data", ${JSON.stringify(content)})`;
}

// deno-lint-ignore no-explicit-any -- foreign JSON
function replyOf(content: any): CellReply {
  const count = content.execution_count as number;
  if (content.status === "ok") return { status: "ok", count };
  return {
    status: "error",
    count,
    name: content.ename,
    message: content.evalue,
  };
}
