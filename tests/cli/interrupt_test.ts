import "#tests/support/permitted.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { asFlags, runTask, startTask } from "#tests/support/run_task.ts";
import { resultDigests, stepsOf } from "#tests/support/kill_and_resume.ts";
import { TINY_SETTINGS, withTinyFiles } from "#tests/train/tiny_training.ts";
import { namesIn } from "./refusal.ts";

/** Waits until a run has recorded some steps. */
async function stepsTaken(run: string, steps: number): Promise<void> {
  for (;;) {
    try {
      const text = Deno.readTextFileSync(`${run}/metrics.jsonl`);
      if (text.split("\n").length > steps) return;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

Deno.test("train stopped by a signal exits with 130 and a checkpoint, and resumes to the same bits", async () => {
  await withTinyFiles(async ({ root, model, data }) => {
    const words = asFlags({
      ...TINY_SETTINGS,
      model,
      data,
      dropout: 0.1,
      steps: 50,
      "save-every": 1000,
    });
    const straight = `${root}/straight`;
    const other = await runTask("train", [...words, "--out", straight]);
    assertEquals(other.code, 0, other.stderr);
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const run = `${root}/${signal}`;
      const child = startTask("train", [...words, "--out", run]);
      const ended = child.output();
      await stepsTaken(run, 3);
      child.kill(signal);
      const { code, stderr } = await ended;
      const said = new TextDecoder().decode(stderr);
      assertEquals(code, 130, said);
      const [, step] = /Stopped after step (\d+) with a checkpoint\./.exec(
        said,
      )!;
      const folder = `checkpoint-${step!.padStart(6, "0")}`;
      assertEquals(namesIn(run), [
        folder,
        "lock",
        "metrics.jsonl",
        "settings.json",
      ]);

      const resumed = await runTask("train", ["--out", run, "--resume"]);
      assertEquals(resumed.code, 0, resumed.stderr);
      assertStringIncludes(
        resumed.stdout,
        `Resumes at step ${step} from ${run}/${folder}`,
      );
      assertEquals(await resultDigests(run), await resultDigests(straight));
      assertEquals(stepsOf(run), stepsOf(straight));
    }
  });
});

Deno.test("train stopped before its first step exits with 130 and can be resumed", async () => {
  await withTinyFiles(async ({ root, model, data }) => {
    const out = `${root}/run`;
    const settings = { ...TINY_SETTINGS, model, data, steps: 60, out };
    const child = startTask("train", asFlags(settings));
    const ended = child.output();
    for (;;) {
      if (namesIn(out).includes("settings.json")) break;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    child.kill("SIGINT");
    const { code, stderr } = await ended;
    assertEquals(code, 130);
    assertMatch(new TextDecoder().decode(stderr), /Stopp/);
    const resumed = await runTask("train", [
      "--out",
      out,
      "--resume",
      "--json",
    ]);
    assertEquals(resumed.code, 0, resumed.stderr);
    assertEquals(JSON.parse(resumed.stdout).steps, 60);
  });
});
