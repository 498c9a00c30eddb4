import { readJson } from "../store/read_json.ts";
import { readRunSettings } from "../store/run/run_folder.ts";
import {
  overruled,
  type PhasedSettings,
  phasedSettings,
} from "../train/phases.ts";
import type { SettingValue } from "../train/setting.ts";
import { TRAIN_SETTINGS } from "../train/setting_table.ts";

/** Settings from all sources, and what to echo. */
export interface CollectedSettings extends PhasedSettings {
  /** Each override as the user would write it. */
  readonly overrides: readonly string[];
}

/** No settings. */
const NONE: PhasedSettings = { shared: {}, phases: [] };

/**
 * Collects the settings of a training: those of the run that is resumed, those
 * of `--settings FILE`, and the flags, the later winning over the earlier, and
 * flags over those of single phases too.
 *
 * @param given What the command line said.
 * @returns The settings, and the phases where there are any.
 * @throws {RangeError} If `--resume` comes without `--out`, or a setting is unknown.
 */
export async function givenSettings(
  given: Readonly<Record<string, SettingValue>>,
): Promise<CollectedSettings> {
  const flags = Object.fromEntries(
    Object.entries(given).filter(([name]) =>
      Object.hasOwn(TRAIN_SETTINGS, name)
    ),
  );
  const file = typeof given.settings === "string"
    ? phasedSettings(await readJson(given.settings), given.settings)
    : NONE;
  const resumed = await resumedSettings(given);
  const whole = {
    shared: { ...resumed.shared, ...file.shared },
    phases: file.phases.length > 0 ? file.phases : resumed.phases,
  };
  const changed = Object.entries({ ...file.shared, ...flags });
  return {
    ...overruled(whole, flags),
    overrides: changed.map(([name, value]) => `--${name} ${value}`),
  };
}

/** The settings of the run in `--out`, where it is to be resumed and there is one. */
async function resumedSettings(
  { resume, out }: Readonly<Record<string, SettingValue>>,
): Promise<PhasedSettings> {
  if (!resume) return NONE;
  if (typeof out !== "string") {
    throw new RangeError(
      "Cannot resume: expected the folder of the run in --out, got none",
    );
  }
  try {
    const stored = await readRunSettings(out);
    // An empty text stands for a setting that was not given, such as a teacher.
    const kept = Object.entries(stored).filter(([, value]) => value !== "");
    return phasedSettings(Object.fromEntries(kept), `${out}/settings.json`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return NONE;
    throw error;
  }
}
