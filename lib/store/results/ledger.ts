import { mean } from "../../num/mean.ts";
import { cutTornLine } from "../cut_torn_line.ts";
import { writeError } from "../disk_full_error.ts";
import {
  checkMeans,
  formatItemValues,
  hashOfLine,
  type ItemValues,
  parseItemValues,
} from "./item_values.ts";
import { type LedgerRow, parseLedgerRow } from "./ledger_row.ts";
import { readTextIfThere } from "../read_json.ts";

/** A row of a ledger together with the values of its items. */
export interface LedgerEntry {
  /** The line of the ledger. */
  readonly row: LedgerRow;
  /** What its hash names. */
  readonly values: ItemValues;
}

/** Most bytes that a file of a ledger may have: one that is larger is not ours. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * Reads an experiment's ledger with the values of every item, and holds the one
 * against the other: a row whose values are missing, changed, or have other
 * means is refused, as is the same arm and seed told twice.
 *
 * A last line without an end, which a killed process leaves, is passed over.
 *
 * @param folder Folder of ledgers, such as `data/results`.
 * @param experiment Id of the experiment.
 * @returns Rows in the order they were written; none where there is no ledger.
 * @throws {SyntaxError} If a line is not what it should be, with file and line.
 *
 * @example Usage
 * ```ts
 * import { readLedger } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await readLedger("data/none", "S-2"), []);
 * ```
 */
export async function readLedger(
  folder: string,
  experiment: string,
): Promise<LedgerEntry[]> {
  const { ledger, values } = ledgerFiles(folder, experiment);
  const known = new Map<string, ItemValues>();
  for (const [text, where] of await wholeLines(values)) {
    known.set(hashOfLine(text), parseItemValues(text, where));
  }
  const told = new Set<string>();
  return (await wholeLines(ledger)).map(([text, where]) => {
    const row = parseLedgerRow(text, where);
    const refuse = (expected: string, got: string) =>
      new SyntaxError(`Cannot read ${where}: expected ${expected}, got ${got}`);
    if (row.experiment !== experiment) {
      throw refuse(`a row of ${experiment}`, `one of ${row.experiment}`);
    }
    const key = JSON.stringify([row.hash, row.epoch, row.seed]);
    if (told.has(key)) {
      throw refuse(
        "an arm and seed once",
        `${row.arm}, seed ${row.seed} again`,
      );
    }
    told.add(key);
    const found = known.get(row.values);
    if (found === undefined) {
      throw refuse(`its values in ${values}`, "none with this hash");
    }
    checkMeans(row, found, where);
    return { row, values: found };
  });
}

/**
 * Appends a finished arm and seed to its experiment's ledger: the values of its
 * items first, then the row, so that a process killed between them leaves no row
 * without values.
 *
 * @param folder Folder of ledgers; made where absent.
 * @param row All of the row but what follows from the values.
 * @param values Items and their values.
 * @returns The entry, with the values as they are kept.
 * @throws {DiskFullError} If the disk is full.
 *
 * @example Usage
 * ```ts
 * import { appendToLedger, readLedger } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const row = {
 *   ...{ experiment: "S-2", scale: "smoke", arm: "a", seed: 1, epoch: 1 },
 *   ...{ settings: {}, hash: "0123456789abcdef", commit: "unknown" },
 *   ...{ engine: "reference", device: "any", seconds: 1 },
 * };
 * await appendToLedger(folder, row, { items: ["q"], values: { ndcg: [0.5] } });
 * const [entry] = await readLedger(folder, "S-2");
 * assertEquals(entry!.row.measures, { ndcg: 0.5 });
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function appendToLedger(
  folder: string,
  row: Omit<LedgerRow, "items" | "measures" | "values">,
  values: ItemValues,
): Promise<LedgerEntry> {
  const files = ledgerFiles(folder, row.experiment);
  const { line, hash } = formatItemValues(values);
  const kept = parseItemValues(line, files.values);
  const whole: LedgerRow = {
    ...row,
    items: kept.items.length,
    measures: Object.fromEntries(
      Object.entries(kept.values).map(([name, list]) => [name, mean(list)]),
    ),
    values: hash,
  };
  parseLedgerRow(JSON.stringify(whole), `a new row of ${files.ledger}`);
  await appendLine(files.values, line);
  await appendLine(files.ledger, JSON.stringify(whole));
  return { row: whole, values: kept };
}

/** Where an experiment's rows and values are. */
function ledgerFiles(folder: string, experiment: string) {
  if (!/^[A-Za-z0-9][A-Za-z0-9-]{0,40}$/.test(experiment)) {
    throw new RangeError(
      `Cannot use a ledger: expected an experiment's id of letters, digits and dashes, got ${
        JSON.stringify(experiment)
      }`,
    );
  }
  return {
    ledger: `${folder}/${experiment}.jsonl`,
    values: `${folder}/per_query/${experiment}.jsonl`,
  };
}

/** The whole lines of a file that may be absent, each with its place. */
async function wholeLines(
  path: string,
): Promise<(readonly [text: string, where: string])[]> {
  const bytes = await Deno.stat(path).then(({ size }) => size, () => 0);
  if (bytes > MOST_BYTES) {
    throw new SyntaxError(
      `Cannot read ${path}: expected at most ${MOST_BYTES} bytes, got ${bytes}`,
    );
  }
  const lines = (await readTextIfThere(path) ?? "").split("\n");
  lines.pop(); // What follows the last line end: nothing, or a torn line.
  return lines.map((text, i) => [text, `${path}:${i + 1}`] as const);
}

/** Appends a line, after cutting off what a killed process left of one. */
async function appendLine(path: string, line: string): Promise<void> {
  const folder = path.slice(0, path.lastIndexOf("/"));
  const bytes = new TextEncoder().encode(line + "\n");
  try {
    await Deno.mkdir(folder, { recursive: true });
    using file = await Deno.open(path, {
      read: true,
      write: true,
      create: true,
    });
    const end = await cutTornLine(file);
    await writeWhole(file, bytes, end);
    await file.sync();
  } catch (error) {
    throw writeError(path, error);
  }
}

/** Writes all bytes at a place, or takes back what of them was written. */
async function writeWhole(
  file: Deno.FsFile,
  bytes: Uint8Array,
  end: number,
): Promise<void> {
  try {
    await file.seek(end, Deno.SeekMode.Start);
    for (let done = 0; done < bytes.length;) {
      done += await file.write(bytes.subarray(done));
    }
  } catch (error) {
    await file.truncate(end);
    throw error;
  }
}
