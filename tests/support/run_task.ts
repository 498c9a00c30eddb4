import { fileURLToPath } from "node:url";
import { assertEquals } from "@std/assert";

/** The repository, where tasks run. */
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Settings of a command in a process of its own. */
export interface TaskOptions {
  /** Environment variables besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What a finished command left. */
export interface TaskResult {
  /** Exit code. */
  readonly code: number;
  /** Standard output. */
  readonly stdout: string;
  /** Standard error. */
  readonly stderr: string;
}

/**
 * Starts `deno task NAME`, with exactly the permissions that `deno.json` gives it.
 *
 * @param name The task.
 * @param args Its words.
 * @param options Environment.
 * @returns The process, both outputs piped.
 */
export function startTask(
  name: string,
  args: readonly string[],
  { env = {} }: TaskOptions = {},
): Deno.ChildProcess {
  const { tasks } = JSON.parse(Deno.readTextFileSync(`${ROOT}/deno.json`));
  const command = tasks[name].command as string;
  const words = command.match(/'[^']*'|\S+/g)!.map((word) =>
    word.replaceAll("'", "")
  );
  assertEquals(words[0], "deno", `${name} is one command`);
  return new Deno.Command(Deno.execPath(), {
    args: [...words.slice(1), ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", DENO_NO_PROMPT: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/**
 * Runs `deno task NAME` to its end.
 *
 * @param name The task.
 * @param args Its words.
 * @param options Environment.
 * @returns Exit code and outputs.
 */
export async function runTask(
  name: string,
  args: readonly string[],
  options: TaskOptions = {},
): Promise<TaskResult> {
  const { code, stdout, stderr } = await startTask(name, args, options)
    .output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/**
 * Runs a task that must succeed, and reads the object of its last line.
 *
 * @param name The task.
 * @param args Its words, `--json` among them or not.
 * @returns The object.
 */
export async function runJson(
  name: string,
  args: readonly string[],
  // deno-lint-ignore no-explicit-any -- each test knows what it asked for
): Promise<any> {
  const { code, stdout, stderr } = await runTask(name, [...args, "--json"]);
  assertEquals(code, 0, stderr);
  const lines = stdout.split("\n").filter((line) => line !== "");
  assertEquals(lines.length, 1, "standard output is one line");
  return JSON.parse(lines[0]!);
}

/** Settings as words of a command line. */
export function asFlags(
  settings: Readonly<Record<string, string | number | boolean>>,
): string[] {
  return Object.entries(settings).flatMap(([name, value]) => [
    `--${name}`,
    String(value),
  ]);
}
