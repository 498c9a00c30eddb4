import { fileURLToPath } from "node:url";
import type { BenchBatch } from "./bench_batch.ts";
import { BENCH_RATES, type StepTime } from "./bench_step.ts";

/** What a peer's process says of itself when it ends. */
export interface PeerSummary {
  /** Median of its steps, the first one left out. */
  readonly medianSeconds: number;
  /** Tokens it attends to in a step, by its median. */
  readonly tokensPerSecond: number;
  /** Most memory its process has held. */
  readonly peakMemoryBytes: number;
  /** Losses of its steps, the first one first. */
  readonly losses: readonly number[];
  /** Versions, threads and the like. */
  readonly [fact: string]: unknown;
}

/** Another system's training step, in a process of its own. */
export interface Peer {
  /** Takes its next step. */
  take(): Promise<StepTime>;
  /** Ends its process. */
  end(): Promise<PeerSummary>;
}

/** Settings of {@link startPyLate}. */
export interface PyLateOptions {
  /** A folder that PyLate opens, with the weights we start from. */
  readonly model: string;
  /** A folder for the settings file. */
  readonly folder: string;
  /** Longest query, in tokens. */
  readonly queryLength: number;
  /** Longest document, in tokens. */
  readonly documentLength: number;
  /** Length of a vector. */
  readonly dim: number;
  /** Share of hidden features dropped. */
  readonly dropout: number;
  /** `fp32`, or `bf16` for autocast. */
  readonly precision: string;
  /** Threads of its matrix products. */
  readonly threads: number;
  /** What is started, without the settings file. Default: PyLate in the environment of `tests/bench/peers`. */
  readonly command?: readonly string[];
}

/** PyLate's step in the environment that `make_environment.sh` makes. */
const PYLATE = [".venv/bin/python", "pylate_step.py"].map((name) =>
  fileURLToPath(new URL(`../../tests/bench/peers/${name}`, import.meta.url))
);

/**
 * Starts PyLate's training step on a batch and waits until it is ready.
 *
 * @param batch The texts, the same as ours.
 * @param options Model, lengths, precision, threads.
 * @returns The peer.
 * @throws {Deno.errors.NotFound} If its environment has not been made.
 * @throws {RangeError} If PyLate fails; its last words are in the message.
 */
export async function startPyLate(
  batch: BenchBatch,
  options: PyLateOptions,
): Promise<Peer> {
  const { command = PYLATE, ...settings } = options;
  const path = `${options.folder}/pylate.json`;
  await Deno.writeTextFile(
    path,
    JSON.stringify({ ...settings, ...batch, ...BENCH_RATES }),
  );
  const peer = converse(await spawn([...command, path]));
  await peer.answer();
  return {
    take: async () => {
      await peer.ask();
      return await peer.answer() as unknown as StepTime;
    },
    end: async () => {
      await peer.close();
      return await peer.answer() as unknown as PeerSummary;
    },
  };
}

/** Starts a program with pipes to and from it. */
async function spawn(
  [program = "", ...args]: readonly string[],
): Promise<Deno.ChildProcess> {
  try {
    await Deno.stat(program);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Deno.errors.NotFound(
      `Cannot start PyLate: expected ${program}, got no such file; make it with bash tests/bench/peers/make_environment.sh`,
    );
  }
  return new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** A process that answers a line of JSON for every line it is sent. */
interface Conversation {
  ask(): Promise<void>;
  answer(): Promise<Readonly<Record<string, unknown>>>;
  close(): Promise<void>;
}

function converse(process: Deno.ChildProcess): Conversation {
  const writer = process.stdin.getWriter();
  const lines = process.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(
    new LineStream(),
  ).getReader();
  const complaints = new Response(process.stderr).text();
  return {
    // a process that has ended is told by `answer`
    ask: () => writer.write(new TextEncoder().encode("step\n")).catch(() => {}),
    answer: async () => {
      const { value } = await lines.read();
      if (value !== undefined) return JSON.parse(value);
      const words = (await complaints).trim().split("\n").slice(-3).join("; ");
      throw new RangeError(
        `Cannot time PyLate: expected an answer a step, got its end: ${words}`,
      );
    },
    close: () => writer.close(),
  };
}

/** Cuts text into its lines. */
class LineStream extends TransformStream<string, string> {
  constructor() {
    let rest = "";
    super({
      transform(text, controller) {
        const lines = (rest + text).split("\n");
        rest = lines.pop()!;
        for (const line of lines) controller.enqueue(line);
      },
    });
  }
}
