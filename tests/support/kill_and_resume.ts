import { assertEquals } from "@std/assert";
import { type Stream, stream } from "#lib/num/stream.ts";
import { latestCheckpoint } from "#lib/store/run/checkpoint_folders.ts";
import { sha256OfFile } from "#lib/store/sha256.ts";
import { startTask } from "./run_task.ts";

/** Kills of one run, at most; then it may finish and be compared. */
const PER_RUN = 5;

/** How a run is killed over and over. */
export interface KillOptions {
  /** Words of `train`, without `--out`. */
  readonly args: readonly string[];
  /** Folder of the run. */
  readonly out: string;
  /** Where the moments come from. */
  readonly random: Stream;
  /** Kills still wanted. */
  readonly kills: number;
  /** Milliseconds within which a killed process dies. */
  readonly within: number;
}

/** What became of a chain of kills. */
export interface Chain {
  /** Processes that were killed before their end. */
  readonly killed: number;
  /** Of those, killed while a checkpoint or the model was being written. */
  readonly whileWriting: number;
}

/**
 * Runs `train` to its end, killing its process with SIGKILL again and again on
 * the way: every other time as soon as it is seen to write a folder, else at a
 * random moment. Each process goes on with what the one before it left.
 */
export async function trainWithKills(options: KillOptions): Promise<Chain> {
  const { args, out, random, kills, within } = options;
  let [killed, whileWriting] = [0, 0];
  for (let turn = 0;; turn++) {
    const child = startTask("train", [...args, "--out", out, "--resume"]);
    const ended = child.output();
    const stop = new AbortController();
    if (killed < kills) {
      const delay = Math.floor(random.next() * within);
      const moment = turn % 2 === 0
        ? after(delay, stop.signal)
        : writing(out, random.integer(4), stop.signal);
      moment.then((isCome) => {
        if (isCome) kill(child);
      });
    }
    const { code, signal, stderr } = await ended;
    stop.abort();
    if (signal !== "SIGKILL") {
      assertEquals(code, 0, new TextDecoder().decode(stderr));
      return { killed, whileWriting };
    }
    killed++;
    if (temporaries(out).length > 0) whileWriting++;
  }
}

/** Kills a process; no matter if it has ended in the same moment. */
function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}

/** The runs of a folder: of a chain its phases in order, else the folder itself. */
export function runsOf(folder: string): string[] {
  const phases = namesOf(folder).filter((name) => /^phase-\d+$/.test(name));
  return phases.length === 0
    ? [folder]
    : phases.sort().map((name) => `${folder}/${name}`);
}

/** SHA-256 of every file that must be the same however a run or a chain came about. */
export async function resultDigests(
  folder: string,
): Promise<readonly Record<string, string>[]> {
  return await Promise.all(runsOf(folder).map(digestsOf));
}

/** SHA-256 of the files of one run. */
async function digestsOf(run: string): Promise<Record<string, string>> {
  const last = (await latestCheckpoint(run))!.folder;
  const files = [
    "settings.json",
    "model/model.safetensors",
    "model/1_Dense/model.safetensors",
    ...["parameters.safetensors", "optimizer.safetensors", "state.json"]
      .map((name) => `${last.slice(run.length + 1)}/${name}`),
  ];
  const digests = files.map(async (name) => {
    using file = await Deno.open(`${run}/${name}`);
    return [name, await sha256OfFile(file)] as const;
  });
  return Object.fromEntries(await Promise.all(digests));
}

/** The lines of a run's `metrics.jsonl`, without what a clock measured. */
export function stepsOf(folder: string): unknown[] {
  return runsOf(folder).flatMap((run) =>
    Deno.readTextFileSync(`${run}/metrics.jsonl`).trimEnd().split("\n")
      .map((line) => ({ ...JSON.parse(line), seconds: 0 }))
  );
}

/** A process that keeps one core busy until it is disposed. */
export function busyProcess(): AsyncDisposable {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "for (;;);"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
    },
  };
}

/** Kills until so many have happened, comparing every finished run with the same run uninterrupted. */
export async function killAndCompare(
  root: string,
  options: {
    readonly arms: readonly (readonly string[])[];
    readonly kills: number;
    readonly within: number;
    readonly seed: number;
  },
): Promise<Chain & { readonly finished: number }> {
  const { arms, kills, within, seed } = options;
  const random = stream(seed, "moments of death");
  const whole = { killed: 0, whileWriting: 0, finished: 0 };
  for (let turn = 0; whole.killed < kills; turn++) {
    const arm = turn % arms.length;
    const args = arms[arm]!;
    const straight = `${root}/straight-${arm}`;
    if (turn < arms.length) {
      await trainWithKills({ args, out: straight, random, kills: 0, within });
    }
    const out = `${root}/killed-${turn}`;
    const left = Math.min(PER_RUN, kills - whole.killed);
    const chain = await trainWithKills({
      args,
      out,
      random,
      kills: left,
      within,
    });
    assertEquals(await resultDigests(out), await resultDigests(straight));
    assertEquals(stepsOf(out), stepsOf(straight));
    assertEquals(temporaries(out), []);
    whole.killed += chain.killed;
    whole.whileWriting += chain.whileWriting;
    whole.finished++;
  }
  return whole;
}

/** Waits for a time, unless told to stop. */
function after(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}

/** Waits until the run has begun to write a folder so many times more, unless told to stop. */
async function writing(
  run: string,
  times: number,
  signal: AbortSignal,
): Promise<boolean> {
  const seen = new Set(temporaries(run));
  const least = seen.size + times;
  while (!signal.aborted) {
    temporaries(run).forEach((name) => seen.add(name));
    if (seen.size > least) return true;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return false;
}

/** Names of what a run, or a phase of it, has not finished writing. */
function temporaries(folder: string): string[] {
  return [...new Set([folder, ...runsOf(folder)])].flatMap((run) =>
    namesOf(run).filter((name) => /\.(tmp|old)-/.test(name))
      .map((name) => `${run}/${name}`)
  );
}

/** Names in a folder; none where there is no folder. */
function namesOf(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
