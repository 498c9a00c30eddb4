import {
  type EngineInUse,
  type EngineName,
  useEngine,
} from "../engine/use_engine.ts";
import type { SettingTable, SettingValue } from "../train/setting.ts";
import { TRAIN_SETTINGS } from "../train/setting_table.ts";

/** The flag that says what computes, for every command that computes. */
export const ENGINE_FLAG: SettingTable = { engine: TRAIN_SETTINGS.engine! };

/**
 * Starts the engine of `--engine`, by default the fastest present.
 *
 * @param given What the command line said.
 * @returns The engine in use.
 */
export function startEngine(
  given: Readonly<Record<string, SettingValue>>,
): Promise<EngineInUse> {
  return useEngine((given.engine ?? "auto") as EngineName | "auto");
}

/**
 * The text of a flag that a command cannot do without.
 *
 * @param given What the command line said.
 * @param name The flag, without dashes.
 * @returns Its text.
 * @throws {RangeError} If it was not given.
 */
export function needFlag(
  given: Readonly<Record<string, SettingValue>>,
  name: string,
): string {
  const value = given[name];
  if (typeof value === "string") return value;
  throw new RangeError(
    `Cannot run without --${name}: expected a value, got none; see --help`,
  );
}
