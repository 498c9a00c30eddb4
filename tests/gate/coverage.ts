/**
 * Demands that tests execute 90 % of the lines of `lib`.
 *
 *     deno run --allow-read=lib,REPORT tests/gate/coverage.ts REPORT
 *
 * REPORT is what `deno coverage --lcov` writes. A file with code that no test
 * loads is in no report: it is an error by itself.
 *
 * @module
 */

/** Share of lines that tests must execute. */
export const REQUIRED_SHARE = 0.9;

/** Files and folders that are not counted, by path below `lib`, each with the reason. */
export const EXCLUDED: Readonly<Record<string, string>> = {
  "engine/onnx/team_thread.ts":
    "runs in worker threads, whose lines Deno does not record; every test of onnx needs it",
  "engine/torch/":
    "computes with libtorch, which a machine may lack; its tests then say that they skip",
  "engine/tensorflow/": "computes with TensorFlow, as above",
  "engine/webgpu/": "computes on a WebGPU adapter, as above",
  "notebook/adapter.ts":
    "runs inside the Jupyter kernel, which records no lines; tests drive it from outside",
};

/** Whether a file, by path below `lib`, is not counted. */
export function isExcluded(path: string): boolean {
  return Object.keys(EXCLUDED).some((place) =>
    place.endsWith("/") ? path.startsWith(place) : path === place
  );
}

/** Lines of one file. */
export interface FileLines {
  /** Path below `lib`. */
  readonly path: string;
  /** Lines with code. */
  readonly found: number;
  /** Those that were executed. */
  readonly hit: number;
}

/**
 * Reads the files of `lib` in an lcov report. A line counts as executed when any
 * record of its file says so.
 */
export function filesOf(lcov: string): FileLines[] {
  return lcov.split("end_of_record").flatMap((record) => {
    const path = /^SF:.*?\/lib\/(.+\.ts)$/m.exec(record)?.[1];
    if (path === undefined) return [];
    const hits = [...record.matchAll(/^DA:\d+,(\d+)/gm)].map((match) =>
      Number(match[1])
    );
    return [{
      path,
      found: hits.length,
      hit: hits.filter((count) => count > 0).length,
    }];
  });
}

/** Tells whether a source text holds anything to execute: not only types and re-exports. */
export function hasCode(source: string): boolean {
  const bare = source.replace(/\/\*[^]*?\*\//g, "").replace(/\/\/.*$/gm, "");
  return /^(export\s+)?(default\s+)?(async\s+)?(function|const|let|class|enum)\b/m
    .test(bare);
}

/** The verdict on a report: the share of executed lines, and what speaks against it. */
export function verdict(
  files: readonly FileLines[],
  withCode: readonly string[],
): { readonly share: number; readonly complaints: readonly string[] } {
  const counted = files.filter(({ path }) => !isExcluded(path));
  const seen = new Set(files.map(({ path }) => path));
  const unseen = withCode.filter((path) =>
    !seen.has(path) && !isExcluded(path)
  );
  const sum = (pick: (file: FileLines) => number) =>
    counted.reduce((total, file) => total + pick(file), 0);
  const found = sum((file) => file.found);
  const share = found === 0 ? 0 : sum((file) => file.hit) / found;
  const complaints = unseen.map((path) => `no test loads lib/${path}`);
  if (share < REQUIRED_SHARE) {
    complaints.push(
      `expected ${percent(REQUIRED_SHARE)} of lines, got ${percent(share)}`,
    );
  }
  return { share, complaints };
}

if (import.meta.main) {
  const files = filesOf(Deno.readTextFileSync(Deno.args[0] ?? ""));
  const { share, complaints } = verdict(files, filesWithCode("lib"));
  for (const { path, found, hit } of weakest(files)) {
    console.log(
      `  ${percent(hit / found).padStart(7)}  lib/${path} (${
        found - hit
      } of ${found} lines not executed)`,
    );
  }
  for (const [path, reason] of Object.entries(EXCLUDED)) {
    console.log(`  not counted: lib/${path}: ${reason}`);
  }
  console.log(`Line coverage of lib: ${percent(share)}`);
  for (const complaint of complaints) {
    console.error(`error: Cannot accept the coverage: ${complaint}`);
  }
  Deno.exit(complaints.length > 0 ? 1 : 0);
}

/** The files with most lines not executed, below the required share. */
function weakest(files: readonly FileLines[]): FileLines[] {
  return files.filter(({ path, found, hit }) =>
    hit < REQUIRED_SHARE * found && !isExcluded(path)
  )
    .sort((a, b) => (b.found - b.hit) - (a.found - a.hit)).slice(0, 30);
}

function filesWithCode(folder: string, below = ""): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (isDirectory) return filesWithCode(path, `${below}${name}/`);
    return name.endsWith(".ts") && hasCode(Deno.readTextFileSync(path))
      ? [`${below}${name}`]
      : [];
  });
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
