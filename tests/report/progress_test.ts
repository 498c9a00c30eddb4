import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { duration } from "#lib/report/duration.ts";
import { notebookProgress } from "#lib/report/notebook_progress.ts";
import { paceOf, progressText } from "#lib/report/pace.ts";
import {
  logProgress,
  progressBar,
  terminalProgress,
} from "#lib/report/progress_bar.ts";
import type { MimeBundle } from "#lib/report/mime_bundle.ts";
import { type SendOptions, useSink } from "#lib/report/sink.ts";

Deno.test("duration() uses two units at most", () => {
  const cases = {
    0: "0.0 s",
    0.44: "0.4 s",
    12.4: "12 s",
    59.6: "1 min 00 s",
    200: "3 min 20 s",
    3899: "1 h 05 min",
  };
  for (const [seconds, text] of Object.entries(cases)) {
    assertEquals(duration(Number(seconds)), text);
  }
  assertEquals(duration(Infinity), "?");
});

Deno.test("paceOf() forgets a slow start", () => {
  let clock = 0;
  const pace = paceOf(() => clock);
  pace({ label: "train", done: 0, total: 100 });
  clock = 10_000; // ten seconds for the first unit
  pace({ label: "train", done: 1, total: 100 });
  for (let done = 2; done <= 31; done++) {
    clock += 1000;
    pace({ label: "train", done, total: 100 });
  }
  const { rate, left } = pace({ label: "train", done: 31, total: 100 });
  assertEquals(rate, 1);
  assertEquals(left, 69);
});

Deno.test("paceOf() starts anew with a new label", () => {
  let clock = 0;
  const pace = paceOf(() => clock);
  pace({ label: "a", done: 5 });
  clock = 1000;
  assertEquals(pace({ label: "b", done: 9 }), { rate: 0, elapsed: 0 });
});

Deno.test("progressText() tells the whole time at the end and keeps NaN visible", () => {
  const report = { label: "train", done: 2, total: 2, figures: { loss: NaN } };
  assertEquals(
    progressText(report, { rate: 1, elapsed: 2, left: 0 }),
    "2/2 · 1.0/s · loss NaN · 2.0 s in all",
  );
});

Deno.test("terminalProgress() redraws one line and ends it when the work is done", () => {
  let text = "";
  const progress = terminalProgress({
    write: (part) => text += part,
    now: () => 0,
    width: 60,
  });
  progress({ label: "train", done: 0, total: 2 });
  progress({ label: "train", done: 1, total: 2 }); // too soon to redraw
  progress({ label: "train", done: 2, total: 2 });
  const drawn = text.split("\r\x1b[K");
  assertEquals(drawn, [
    "",
    "train [........................] 0/2",
    "train [########################] 2/2 · 0.0 s in all\n",
  ]);
});

Deno.test("terminalProgress() never fills the last column", () => {
  let text = "";
  const progress = terminalProgress({
    write: (part) => text += part,
    now: () => 0,
    width: 20,
  });
  progress({
    label: "a label of many words",
    done: 1,
    total: 2,
    figures: { loss: 1 },
  });
  assertEquals(text.replace("\r\x1b[K", "").length, 19);
});

Deno.test("terminalProgress() keeps the line of a label that never ended", () => {
  let text = "";
  const progress = terminalProgress({
    write: (part) => text += part,
    now: () => 0,
    width: 60,
  });
  progress({ label: "read", done: 1 });
  progress({ label: "train", done: 1 });
  assertEquals(text.split("\n").length, 2);
});

Deno.test("logProgress() writes plain lines, every so often and at the end", () => {
  let text = "";
  let clock = 0;
  const progress = logProgress({
    write: (part) => text += part,
    now: () => clock,
    every: 5,
  });
  for (let done = 0; done <= 12; done++) {
    clock = done * 1000;
    progress({ label: "train", done, total: 12 });
  }
  assertEquals(text.trim().split("\n"), [
    "train: 0/12",
    "train: 5/12 · 1.0/s · 7.0 s left",
    "train: 10/12 · 1.0/s · 2.0 s left",
    "train: 12/12 · 1.0/s · 12 s in all",
  ]);
  assert(!text.includes("\r"));
});

function recorded(): {
  seen: [MimeBundle, SendOptions | undefined][];
  sink: Parameters<typeof notebookProgress>[0];
} {
  const seen: [MimeBundle, SendOptions | undefined][] = [];
  return {
    seen,
    sink: {
      live: true,
      send: (bundle, options) => void seen.push([bundle, options]),
    },
  };
}

Deno.test("notebookProgress() replaces its own output and leaves one line", () => {
  const { seen, sink } = recorded();
  let clock = 0;
  const progress = notebookProgress(sink, { now: () => clock += 300 });
  for (let done = 0; done <= 3; done++) {
    progress({ label: "train", done, total: 3, figures: { loss: 3 - done } });
  }
  assertEquals(seen.map(([, options]) => options!.update), [
    false,
    true,
    true,
    true,
  ]);
  assertEquals(new Set(seen.map(([, options]) => options!.id)).size, 1);
  assertStringIncludes(seen[2]![0]["text/html"] as string, "<polyline");
  assertEquals(Object.keys(seen[3]![0]), ["text/plain"]);
});

Deno.test("notebookProgress() stays small over a long run", () => {
  const { seen, sink } = recorded();
  let clock = 0;
  const progress = notebookProgress(sink, { now: () => clock += 300 });
  for (let done = 0; done < 2000; done++) {
    progress({
      label: "train",
      done,
      total: 2000,
      figures: { loss: done % 7 },
    });
  }
  assert((seen.at(-1)![0]["text/html"] as string).length < 10_000);
});

Deno.test("progressBar() is silent when outputs are only stored", () => {
  const seen: unknown[] = [];
  const before = useSink({
    live: false,
    send: (bundle) => void seen.push(bundle),
  });
  progressBar()({ label: "train", done: 1, total: 2 });
  useSink(before);
  assertEquals(seen, []);
});

/** What a progress bar writes to standard error, which is a terminal or is not. */
function writtenBy(report: () => void, isTerminal: boolean): string {
  let text = "";
  const decoder = new TextDecoder();
  const before = useSink(undefined);
  Object.assign(Deno.stderr, {
    isTerminal: () => isTerminal,
    writeSync: (bytes: Uint8Array) => {
      text += decoder.decode(bytes);
      return bytes.length;
    },
  });
  try {
    report();
  } finally {
    for (const name of ["isTerminal", "writeSync"]) {
      Reflect.deleteProperty(Deno.stderr, name);
    }
    useSink(before);
  }
  return text;
}

Deno.test("progressBar() draws a bar in a terminal, and writes plain lines to a log", () => {
  const report = () => {
    const progress = progressBar();
    progress({ label: "train", done: 0, total: 2 });
    progress({ label: "train", done: 2, total: 2 });
  };
  const bar = writtenBy(report, true).split("\r\x1b[K");
  assertEquals(bar.length, 3);
  assert(
    bar[1]!.startsWith("train [....") && bar[2]!.startsWith("train [####"),
  );
  assert(bar[2]!.endsWith(" in all\n"));
  const lines = writtenBy(report, false).split("\n");
  assertEquals([lines[0], lines.length], ["train: 0/2", 3]);
  assert(lines[1]!.startsWith("train: 2/2 · "));
});

/** A report in the middle of the work, with a line that is to stay. */
const NOTED = { label: "train", done: 1, total: 3, note: "less memory" };

Deno.test("terminalProgress() writes a note above the bar, which it draws anew", () => {
  let text = "";
  const write = (part: string) => text += part;
  const progress = terminalProgress({ write, now: () => 0, width: 60 });
  progress({ label: "train", done: 1, total: 3 });
  text = "";
  progress(NOTED);
  assert(text.startsWith("\r\x1b[Ktrain: less memory\n\r\x1b[Ktrain ["), text);
  text = "";
  progress({ label: "train", done: 2, total: 3 }); // within a tenth of a second
  assertEquals(text, "");
});

Deno.test("logProgress() writes every note", () => {
  let text = "";
  const progress = logProgress({ write: (part) => text += part, now: () => 0 });
  progress({ label: "train", done: 0, total: 3 });
  progress(NOTED);
  progress(NOTED);
  assertEquals(
    text,
    "train: 0/3\ntrain: less memory\ntrain: less memory\n",
  );
});

Deno.test("notebookProgress() leaves a note in the page, beside the bar", () => {
  const sent: [MimeBundle, SendOptions | undefined][] = [];
  const sink = {
    live: true,
    send: (bundle: MimeBundle, options?: SendOptions) =>
      void sent.push([bundle, options]),
  };
  notebookProgress(sink, { now: () => 0 })(NOTED);
  assertEquals(sent[0], [{ "text/plain": "train: less memory" }, undefined]);
  assertEquals(sent.length, 2);
});
