import type { GivenSettings } from "./setting_table.ts";
import { settingsFromJson } from "./setting_table.ts";
import type { TrainSettings } from "./settings.ts";

/** Settings of a chain, before anything is opened. */
export interface PhasedSettings {
  /** What all phases share. */
  readonly shared: GivenSettings;
  /** What each phase has of its own, in the order they are trained; none for a plain run. */
  readonly phases: readonly GivenSettings[];
}

/** What belongs to the whole chain. */
const OF_THE_CHAIN = ["model", "engine", "dim"];

/**
 * Checks settings from a JSON file that may hold `phases`: a list of objects,
 * each the settings in which a phase differs from those beside the list.
 *
 *     {"data": "beir/scifact", "phases": [
 *       {"loss": "contrastive", "negatives": "none", "ways": 1, "chunk": 64},
 *       {"loss": "contrastive", "negatives": "given", "ways": 8},
 *       {"loss": "kl", "sources": "beir/msmarco-scored", "learningRate": 1e-5}]}
 *
 * Every phase counts its steps from 0: with one seed for all, phases on the same
 * data meet it in the same order; a `seed` of its own gives a phase another.
 *
 * @param content The parsed file.
 * @param where The file's name, for errors.
 * @returns What is shared, and the phases.
 * @throws {RangeError} On an unknown name, a bad value, or a phase that sets what
 * belongs to the chain: model, engine or dim.
 * @throws {SyntaxError} If `phases` is no list of objects.
 *
 * @example Usage
 * ```ts
 * import { phasedSettings, settingsOfPhase } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const file = { seed: 2, phases: [{ loss: "contrastive" }, { loss: "kl", seed: 3 }] };
 * const chain = phasedSettings(file, "phases.json");
 * assertEquals(settingsOfPhase(chain, 0), { seed: 2, loss: "contrastive" });
 * assertEquals(settingsOfPhase(chain, 1), { seed: 3, loss: "kl" });
 * ```
 */
export function phasedSettings(
  content: unknown,
  where: string,
): PhasedSettings {
  const isObject = typeof content === "object" && content !== null;
  if (!isObject || Array.isArray(content) || !("phases" in content)) {
    return { shared: settingsFromJson(content, where), phases: [] };
  }
  const { phases, ...rest } = content;
  if (!Array.isArray(phases) || phases.length === 0) {
    throw new SyntaxError(
      `Cannot read ${where}: expected phases as a list of at least one object of settings, got ${
        JSON.stringify(phases)?.slice(0, 60)
      }`,
    );
  }
  return {
    shared: settingsFromJson(rest, where),
    phases: phases.map((phase, i) => phaseSettings(phase, [i, where])),
  };
}

/** One phase's own settings. */
function phaseSettings(
  content: unknown,
  [index, where]: readonly [number, string],
): GivenSettings {
  const named = `phase ${index + 1} of ${where}`;
  const settings = settingsFromJson(content, named);
  const wrong = OF_THE_CHAIN.find((name) => name in settings);
  if (wrong === undefined) return settings;
  throw new RangeError(
    `Cannot use "${wrong}" of ${named}: expected settings of one phase, got one of the whole chain; put it beside "phases"`,
  );
}

/**
 * Settings of a chain with what the command line says, which wins over all of
 * them: it is shared, and no phase differs in it.
 *
 * @param chain What is shared and what each phase has of its own.
 * @param flags What wins.
 * @returns The same chain with the flags in it.
 */
export function overruled(
  { shared, phases }: PhasedSettings,
  flags: GivenSettings,
): PhasedSettings {
  const others = (phase: GivenSettings) =>
    Object.fromEntries(
      Object.entries(phase).filter(([name]) => !Object.hasOwn(flags, name)),
    );
  return { shared: { ...shared, ...flags }, phases: phases.map(others) };
}

/**
 * The settings that a phase is trained with: the forms that the phase before it
 * was trained with, under what all phases share, under its own.
 *
 * @param chain What is shared and what each phase has of its own.
 * @param index Which phase, counted from 0.
 * @param before Complete settings of the phase before, and the model it left.
 * @returns Settings of the phase by flag name.
 *
 * @example Usage
 * ```ts
 * import { settingsOfPhase } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const chain = { shared: { seed: 2, batch: 16 }, phases: [{}, { loss: "kl", seed: 3 }] };
 * assertEquals(settingsOfPhase(chain, 1, { model: "run/phase-1/model" }), {
 *   seed: 3,
 *   batch: 16,
 *   loss: "kl",
 *   model: "run/phase-1/model",
 * });
 * ```
 */
export function settingsOfPhase(
  { shared, phases }: PhasedSettings,
  index: number,
  before: {
    readonly settings?: TrainSettings | undefined;
    readonly model?: string | undefined;
  } = {},
): GivenSettings {
  const { settings, model } = before;
  return {
    ...(settings && formsOf(settings)),
    ...shared,
    ...phases[index],
    ...(model !== undefined && { model }),
  };
}

/** What a phase takes over from the one before. */
function formsOf(settings: TrainSettings): GivenSettings {
  return {
    "query-length": settings.queryLength,
    "query-form": settings.queryForm,
    "document-length": settings.documentLength,
    dim: settings.dim,
  };
}
