/**
 * A `deno jupyter` process: its ports, its key, its start and its end.
 *
 * @module
 */
import { connectZmtp, type ZmtpSocket } from "./zmtp.ts";

/** What the kernel's ports are, by name. */
const PORTS = [
  "shell_port",
  "iopub_port",
  "stdin_port",
  "control_port",
  "hb_port",
] as const;

/** A kernel's process, and how to reach it. */
export interface KernelProcess {
  /** The process. */
  readonly process: Deno.ChildProcess;
  /** Its five ports. */
  readonly ports: Readonly<Record<typeof PORTS[number], number>>;
  /** The key that messages are signed with. */
  readonly key: string;
  /** The connection file, to be removed in the end. */
  readonly file: string;
}

/**
 * Starts a kernel that soon listens.
 *
 * @param options Folder, environment, program.
 * @returns The process.
 */
export async function startProcess(
  { folder, env, deno }: {
    readonly folder: string;
    readonly env: Readonly<Record<string, string>>;
    readonly deno: string;
  },
): Promise<KernelProcess> {
  const key = crypto.randomUUID();
  const ports = freePorts();
  const file = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(
    file,
    JSON.stringify({
      ip: "127.0.0.1",
      transport: "tcp",
      key,
      signature_scheme: "hmac-sha256",
      ...ports,
    }),
  );
  const process = new Deno.Command(deno, {
    args: ["jupyter", "--kernel", "--conn", file],
    cwd: folder,
    env: { ...env },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return { process, ports, key, file };
}

/** Five ports that nobody had a moment ago. */
function freePorts(): Record<typeof PORTS[number], number> {
  const listeners = PORTS.map(() =>
    Deno.listen({ hostname: "127.0.0.1", port: 0 })
  );
  const entries = PORTS.map((
    name,
    i,
  ) => [name, (listeners[i]!.addr as Deno.NetAddr).port]);
  for (const listener of listeners) listener.close();
  return Object.fromEntries(entries);
}

/**
 * Tries until the kernel listens, or has ended.
 *
 * @param port One of the kernel's.
 * @param kind What our end is.
 * @param process The kernel's.
 * @returns The socket.
 * @throws {RangeError} If the kernel ended, or kept silent for 30 seconds.
 */
export async function connectSoon(
  port: number,
  kind: "DEALER" | "SUB",
  process: Deno.ChildProcess,
): Promise<ZmtpSocket> {
  let ended: Deno.CommandStatus | undefined;
  process.status.then((status) => ended = status);
  for (let tries = 0; tries < 1200; tries++) {
    if (ended) break;
    try {
      return await connectZmtp(port, kind);
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  throw new RangeError(
    `Cannot start the kernel: expected it to listen, got ${
      ended ? `exit code ${ended.code}` : "silence for 30 s"
    }`,
  );
}

/**
 * Ends a process at once, also one that has ended.
 *
 * @param process Any.
 */
export function kill(process: Deno.ChildProcess): void {
  try {
    process.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it has ended
  }
}
