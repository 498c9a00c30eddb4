import { assertEquals, assertRejects } from "@std/assert";
import type { ProgressReport } from "#lib/num/progress.ts";
import { type LoopOptions, runLoop, type StepLine } from "#lib/train/loop.ts";
import type { TrainingState } from "#lib/train/step.ts";

/** A state that counts the steps taken in the optimiser's step. */
function stateAt(step: number): TrainingState {
  return { parameters: {}, optimizer: { step, tensors: {}, numbers: {} } };
}

/** What a loop called, in order, with options that record it. */
function recording(options: Partial<LoopOptions> & { steps: number }) {
  const calls: string[] = [];
  const lines: StepLine[] = [];
  const reports: ProgressReport[] = [];
  const complete: LoopOptions = {
    take: (state, step) => {
      calls.push(`take ${step}`);
      const taken = stateAt(state.optimizer.step + 1);
      return { state: taken, figures: { loss: 10 - step, tokens: 5 } };
    },
    learningRate: (step) => step / 10,
    save: (_, step) => Promise.resolve(void calls.push(`save ${step}`)),
    evaluate: (state) => {
      calls.push(`evaluate ${state.optimizer.step}`);
      return Promise.resolve({ ndcg_cut_10: 0.5 });
    },
    record: (line) => void lines.push(line),
    progress: (report) => void reports.push(report),
    ...options,
  };
  return { complete, calls, lines, reports };
}

const only = (calls: readonly string[], name: string) =>
  calls.filter((call) => call.startsWith(name));

Deno.test("runLoop() takes every step once and records a line for each", async () => {
  const { complete, calls, lines, reports } = recording({ steps: 3 });
  const state = await runLoop(stateAt(0), 0, complete);
  assertEquals(state.optimizer.step, 3);
  assertEquals(calls, ["take 0", "take 1", "take 2"]);
  assertEquals(
    lines.map(({ step, loss, learningRate, tokens }) => [
      step,
      loss,
      learningRate,
      tokens,
    ]),
    [[1, 10, 0, 5], [2, 9, 0.1, 5], [3, 8, 0.2, 5]],
  );
  assertEquals(reports.map(({ done, total }) => [done, total]), [
    [1, 3],
    [2, 3],
    [3, 3],
  ]);
  assertEquals(reports[1]!.figures, { loss: 9, learningRate: 0.1 });
});

Deno.test("runLoop() saves and evaluates at their cadence, and saves the end", async () => {
  const { complete, calls, lines } = recording({
    steps: 7,
    saveEvery: 3,
    evalEvery: 2,
  });
  await runLoop(stateAt(0), 0, complete);
  assertEquals(only(calls, "save"), ["save 3", "save 6", "save 7"]);
  assertEquals(only(calls, "evaluate"), [
    "evaluate 2",
    "evaluate 4",
    "evaluate 6",
  ]);
  assertEquals(
    lines.filter(({ dev }) => dev).map(({ step, dev }) => [step, dev]),
    [2, 4, 6].map((step) => [step, { ndcg_cut_10: 0.5 }]),
  );
});

Deno.test("runLoop() keeps the cadence of the whole run when it goes on from a step", async () => {
  const { complete, calls } = recording({ steps: 7, saveEvery: 3 });
  await runLoop(stateAt(4), 4, complete);
  assertEquals(calls, ["take 4", "take 5", "save 6", "take 6", "save 7"]);
});

Deno.test("runLoop() never saves or evaluates for 0, and takes no step where none is left", async () => {
  const never = recording({ steps: 5, saveEvery: 0, evalEvery: 0 });
  await runLoop(stateAt(0), 0, never.complete);
  assertEquals(never.calls.length, 5);
  const none = recording({ steps: 5, saveEvery: 1 });
  assertEquals((await runLoop(stateAt(5), 5, none.complete)).optimizer.step, 5);
  assertEquals(none.calls, []);
});

for (const saveEvery of [0, 100]) {
  Deno.test(`runLoop() with save-every ${saveEvery} writes a checkpoint when it is stopped`, async () => {
    const controller = new AbortController();
    const { complete, calls, lines } = recording({
      steps: 9,
      saveEvery,
      signal: controller.signal,
      learningRate: (step) => {
        if (step === 3) controller.abort(new DOMException("interrupted"));
        return 1;
      },
    });
    await assertRejects(
      () => runLoop(stateAt(0), 0, complete),
      DOMException,
      "Stopped after step 4 with a checkpoint.",
    ).then((error) => assertEquals(error.name, "AbortError"));
    assertEquals(only(calls, "save"), ["save 4"]);
    assertEquals(lines.length, 4);
  });
}

Deno.test("runLoop() keeps the step when it is stopped while evaluating", async () => {
  const controller = new AbortController();
  const { complete, calls, lines } = recording({
    steps: 9,
    evalEvery: 2,
    signal: controller.signal,
    evaluate: () => {
      controller.abort(new DOMException("interrupted", "AbortError"));
      controller.signal.throwIfAborted();
      return Promise.resolve({});
    },
  });
  await assertRejects(
    () => runLoop(stateAt(0), 0, complete),
    DOMException,
    "Stopped after step 2 with a checkpoint.",
  );
  assertEquals(only(calls, "save"), ["save 2"]);
  assertEquals(lines.map(({ step, dev }) => [step, dev]), [
    [1, undefined],
    [2, undefined],
  ]);
});

Deno.test("runLoop() passes an error of a step or of an evaluation on, saving nothing", async () => {
  const fails = () => {
    throw new RangeError("Cannot take step 1");
  };
  for (const options of [{ take: fails }, { evaluate: fails }]) {
    const { complete, calls } = recording({
      steps: 3,
      saveEvery: 1,
      evalEvery: 1,
      ...options,
    });
    await assertRejects(
      () => runLoop(stateAt(0), 0, complete),
      RangeError,
      "Cannot take step 1",
    );
    assertEquals(only(calls, "save"), []);
  }
});

Deno.test("runLoop() finishes when it is stopped at the last step", async () => {
  const controller = new AbortController();
  const { complete, calls } = recording({
    steps: 2,
    signal: controller.signal,
    learningRate: (step) => {
      if (step === 1) controller.abort();
      return 1;
    },
  });
  assertEquals((await runLoop(stateAt(0), 0, complete)).optimizer.step, 2);
  assertEquals(only(calls, "save"), ["save 2"]);
});
