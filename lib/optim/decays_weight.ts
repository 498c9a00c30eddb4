/**
 * Says whether weight decay applies to a parameter: to weights, and not to biases
 * and the gains of norms.
 *
 * Decay pulls towards 0; a bias or a gain near 1 has no reason to be there.
 *
 * Source: the parameter groups of transformers' Trainer.
 *
 * @param name A parameter's name, for example `layer.0.norm.gain`.
 * @returns False where the last part of the name is `bias` or `gain`, or the part
 * before it names a norm.
 *
 * @example Usage
 * ```ts
 * import { decaysWeight } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(decaysWeight("head.weight"), true);
 * assertEquals(decaysWeight("layer.0.attention.norm.gain"), false);
 * assertEquals(decaysWeight("layer.0.attention.qkv.bias"), false);
 * ```
 */
export function decaysWeight(name: string): boolean {
  const [last = "", before = ""] = name.split(".").reverse();
  return last !== "bias" && last !== "gain" && !/(^|_)norm$/.test(before);
}
