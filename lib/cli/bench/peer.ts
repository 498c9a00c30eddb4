import { fileURLToPath } from "node:url";
import type { Turn } from "./turns.ts";

/** A peer's turn: what it took, and whatever else it tells. */
export interface PeerTurn extends Turn {
  /** Vectors of each text, where it encodes. */
  readonly lengths?: readonly number[];
}

/** Versions, threads and the like; the most memory held, once it has ended. */
export type PeerFacts = Readonly<Record<string, unknown>>;

/** Another system's work, in a process of its own. */
export interface Peer {
  /** Takes its next turn. */
  take(): Promise<PeerTurn>;
  /** Ends its process and asks what it held. */
  end(): Promise<PeerFacts>;
  /** Ends its process at once, if it has not ended. */
  stop(): void;
}

/** Settings of {@link startPeer}. */
export interface PeerOptions {
  /** What it is called, for the reader. */
  readonly name: string;
  /** A program of `tests/bench/peers`, and the environment it runs in. */
  readonly program: PeerProgram;
  /** A folder for the settings file. */
  readonly folder: string;
  /** What is started instead, without the settings file. */
  readonly command?: readonly string[] | undefined;
}

/** A Python program and the environment it needs. */
export interface PeerProgram {
  /** `.venv` has PyLate, `.venv_others` the rest. */
  readonly environment: ".venv" | ".venv_others";
  /** The program's file. */
  readonly script: string;
}

/**
 * Starts a peer on what it is to do and waits until it is ready.
 *
 * @param settings Texts or vectors, model, precision, threads: as its program says.
 * @param options Which peer, and where.
 * @returns The peer.
 * @throws {Deno.errors.NotFound} If its environment has not been made.
 * @throws {RangeError} If it fails; its last words are in the message.
 */
export async function startPeer(
  settings: Readonly<Record<string, unknown>>,
  { name, program, folder, command = commandOf(program) }: PeerOptions,
): Promise<Peer> {
  const path = `${folder}/${name}.json`;
  await Deno.writeTextFile(path, JSON.stringify(settings));
  const peer = converse(await spawn(name, [...command, path]), name);
  await peer.answer();
  return {
    take: async () => {
      await peer.ask();
      return await peer.answer() as unknown as PeerTurn;
    },
    end: async () => {
      await peer.close();
      return await peer.answer();
    },
    stop: peer.stop,
  };
}

/** The program in the environment that `make_environment.sh` makes. */
function commandOf({ environment, script }: PeerProgram): string[] {
  return [`${environment}/bin/python`, script].map((name) =>
    fileURLToPath(
      new URL(`../../../tests/bench/peers/${name}`, import.meta.url),
    )
  );
}

/** Starts a program with pipes to and from it. */
async function spawn(
  name: string,
  [program = "", ...args]: readonly string[],
): Promise<Deno.ChildProcess> {
  try {
    await Deno.stat(program);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Deno.errors.NotFound(
      `Cannot start ${name}: expected ${program}, got no such file; make it with bash tests/bench/peers/make_environment.sh`,
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
  stop(): void;
}

function converse(process: Deno.ChildProcess, name: string): Conversation {
  const writer = process.stdin.getWriter();
  const lines = process.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(
    new LineStream(),
  ).getReader();
  const complaints = new Response(process.stderr).text();
  let hasEnded = false;
  process.status.then(() => hasEnded = true);
  return {
    // a process that has ended is told by `answer`
    ask: () => writer.write(new TextEncoder().encode("turn\n")).catch(() => {}),
    answer: async () => {
      const { value } = await lines.read();
      if (value !== undefined) return JSON.parse(value);
      const words = (await complaints).trim().split("\n").slice(-3).join("; ");
      throw new RangeError(
        `Cannot time ${name}: expected an answer a turn, got its end: ${words}`,
      );
    },
    close: () => writer.close(),
    stop: () => {
      if (!hasEnded) process.kill("SIGKILL");
    },
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
