import { sha256Of } from "../store/sha256.ts";
import type { Arm, ArmSettings, Experiment, Scale } from "./experiment.ts";

/**
 * The settings of an arm at a scale, complete, and the hash by which a ledger
 * tells them from others.
 *
 * The order of the names does not matter; a setting added, removed or changed
 * gives another hash, so that older rows no longer count.
 *
 * @param experiment Whose arm it is.
 * @param scale The scale.
 * @param arm The arm.
 * @returns ArmSettings of scale and arm, and 16 hexadecimal digits.
 *
 * @example Usage
 * ```ts
 * import { EXPERIMENTS, settingsHash } from "#lib/mod.ts";
 * import { assertNotEquals } from "@std/assert";
 *
 * const [experiment] = EXPERIMENTS;
 * const [arm] = experiment!.arms;
 * const { hash } = settingsHash(experiment!, "smoke", arm!);
 * assertNotEquals(settingsHash(experiment!, "small", arm!).hash, hash);
 * ```
 */
export function settingsHash(
  { id, scales }: Pick<Experiment, "id" | "scales">,
  scale: Scale,
  arm: Arm,
): { readonly settings: ArmSettings; readonly hash: string } {
  const settings = { ...scales[scale].settings, ...arm.settings };
  const sorted = Object.entries(settings)
    .sort(([a], [b]) => a < b ? -1 : 1);
  const text = JSON.stringify([id, scale, arm.name, sorted]);
  const bytes = new TextEncoder().encode(text);
  return { settings, hash: sha256Of([bytes]).slice(0, 16) };
}
