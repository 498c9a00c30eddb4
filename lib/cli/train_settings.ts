import { readJson } from "../store/read_json.ts";
import { readRunSettings } from "../store/run_folder.ts";
import type { SettingValue } from "../train/setting.ts";
import {
  type GivenSettings,
  settingsFromJson,
  TRAIN_SETTINGS,
} from "../train/setting_table.ts";

/** Settings from all sources, and what to echo. */
export interface CollectedSettings {
  /** By flag name; flags win over the file. */
  readonly settings: GivenSettings;
  /** Each override as the user would write it. */
  readonly overrides: readonly string[];
}

/**
 * Collects the settings of a training: those of the run that is resumed, those
 * of `--settings FILE`, and the flags, the later winning over the earlier.
 *
 * @param given What the command line said.
 * @returns The settings.
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
    ? settingsFromJson(await readJson(given.settings), given.settings)
    : {};
  const changed = { ...file, ...flags };
  return {
    settings: { ...await resumedSettings(given), ...changed },
    overrides: Object.entries(changed).map(([name, value]) =>
      `--${name} ${value}`
    ),
  };
}

/** The settings of the run in `--out`, where it is to be resumed and there is one. */
async function resumedSettings(
  { resume, out }: Readonly<Record<string, SettingValue>>,
): Promise<GivenSettings> {
  if (!resume) return {};
  if (typeof out !== "string") {
    throw new RangeError(
      "Cannot resume: expected the folder of the run in --out, got none",
    );
  }
  try {
    const stored = await readRunSettings(out);
    // An empty text stands for a setting that was not given, such as a teacher.
    const kept = Object.entries(stored).filter(([, value]) => value !== "");
    return settingsFromJson(
      Object.fromEntries(kept),
      `${out}/settings.json`,
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}
