/**
 * Ends test runs with one plain line, `N passed, N failed`, counted from the
 * runs' own reports, and fails where one of them failed.
 *
 *     deno run --allow-read=FOLDER tests/gate/counts.ts REPORT EXIT_CODE [REPORT EXIT_CODE]...
 *
 * @module
 */

/** What became of the tests of one run. */
export interface Counts {
  /** Tests and steps that passed. */
  readonly passed: number;
  /** Tests and steps that failed; a file that could not be run is one. */
  readonly failed: number;
  /** Tests that were left out, each having printed why. */
  readonly skipped: number;
}

/**
 * Counts the test cases of a JUnit report.
 *
 * A file that throws while loading is in no report, but makes the exit code
 * other than 0: it is counted as one failure. So is a run without any test.
 *
 * @param report The report's XML; empty where there is none.
 * @param code Exit code of the run.
 * @returns How many passed, failed and were skipped.
 */
export function countsOf(report: string, code: number): Counts {
  const cases = report.match(/<testcase\b[^>]*?(\/>|>[^]*?<\/testcase>)/g) ??
    [];
  const failed = cases.filter((text) => /<(failure|error)\b/.test(text)).length;
  const skipped = cases.filter((text) => /<skipped\b/.test(text)).length;
  const passed = cases.length - failed - skipped;
  const isUnseen = failed === 0 && (code !== 0 || passed === 0);
  return { passed, failed: isUnseen ? 1 : failed, skipped };
}

/** The closing line of a run. */
export function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${
    skipped > 0 ? `, ${skipped} skipped` : ""
  }`;
}

/** Adds up the counts of several runs. */
export function sumOf(counts: readonly Counts[]): Counts {
  const sum = (name: keyof Counts) =>
    counts.reduce((total, run) => total + run[name], 0);
  return {
    passed: sum("passed"),
    failed: sum("failed"),
    skipped: sum("skipped"),
  };
}

if (import.meta.main) {
  const runs: Counts[] = [];
  for (let i = 0; i < Deno.args.length; i += 2) {
    runs.push(countsOf(readReport(Deno.args[i]!), Number(Deno.args[i + 1])));
  }
  const total = sumOf(runs);
  console.log(closingLine(total));
  Deno.exit(total.failed > 0 || runs.length === 0 ? 1 : 0);
}

function readReport(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
