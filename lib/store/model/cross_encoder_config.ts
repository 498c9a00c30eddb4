import type { ScoreActivation } from "../../encoder/cross_encoder.ts";
import { refuseConfig } from "../../encoder/read_config.ts";
import { readJson, readJsonObject, readTextIfThere } from "../read_json.ts";

/** Torch's classes of the activations that are offered, by any of their paths. */
const ACTIVATION =
  /^torch\.nn\.(?:modules\.(?:linear|activation)\.)?(Identity|Sigmoid)$/;

/**
 * Says how many labels a `config.json` gives its classifier: the entries of `id2label`,
 * else `num_labels`.
 *
 * Where neither is there, transformers takes two, whatever the weights say; that is
 * refused.
 *
 * @param config The parsed file.
 * @returns The number.
 * @throws {RangeError} If the file says neither, or the two differ.
 *
 * @example Usage
 * ```ts
 * import { labelCount } from "#lib/mod.ts";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(labelCount({ id2label: { 0: "LABEL_0" } }), 1);
 * assertThrows(() => labelCount({}), RangeError, "expected num_labels or id2label");
 * ```
 */
export function labelCount(config: Readonly<Record<string, unknown>>): number {
  const { id2label: names, num_labels: count } = config;
  const listed = typeof names === "object" && names !== null
    ? Object.keys(names).length
    : undefined;
  const labels = listed ?? count;
  if (!Number.isInteger(labels) || Number(labels) < 1) {
    const wanted =
      "num_labels or id2label, without which transformers takes two";
    throw refuseConfig(wanted, labels ?? undefined);
  }
  if ((count ?? labels) === labels) return Number(labels);
  throw refuseConfig(`num_labels ${labels}, as id2label has`, count);
}

/**
 * Says what sentence-transformers' `CrossEncoder.predict` does to a folder's logits.
 *
 * The first of these that is there counts: `activation_fn` of
 * `config_sentence_transformers.json`, where `modules.json` stands beside it (version
 * 5.4 and later); `sentence_transformers.activation_fn` of `config.json` (4.0);
 * `sbert_ce_default_activation_function` there (before). Without any it is the sigmoid.
 *
 * Source: sentence-transformers 6.2, `cross_encoder/model.py`.
 * Differs: a function that is neither of torch's two, which the library may import or
 * pass over with a warning, is refused; so are modules behind the encoder, and a prompt
 * put before every pair.
 *
 * @param folder The folder.
 * @param config Its parsed `config.json`.
 * @returns The activation.
 * @throws {RangeError} If it is another one.
 * @throws {SyntaxError} If a file does not parse.
 *
 * @example Usage
 * ```ts
 * import { scoreActivation } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const config = { sentence_transformers: { activation_fn: "torch.nn.modules.linear.Identity" } };
 * assertEquals(await scoreActivation("a/folder", config), "identity");
 * assertEquals(await scoreActivation("a/folder", {}), "sigmoid");
 * ```
 */
export async function scoreActivation(
  folder: string,
  config: Readonly<Record<string, unknown>>,
): Promise<ScoreActivation> {
  const { sentence_transformers: recent } = config;
  const old = config.sbert_ce_default_activation_function;
  const own = recent as Readonly<Record<string, unknown>> | null | undefined;
  const path = await modularActivation(folder) ??
    (Object.hasOwn(own ?? {}, "activation_fn") ? own!.activation_fn : old);
  if (path === undefined || path === null) return "sigmoid";
  const [, name] = ACTIVATION.exec(String(path)) ?? [];
  if (name !== undefined) return name === "Sigmoid" ? "sigmoid" : "identity";
  throw refuseConfig("an activation_fn of torch.nn, Identity or Sigmoid", path);
}

/** The activation of a folder of modules, of which there must be one. */
async function modularActivation(folder: string): Promise<unknown> {
  if (await readTextIfThere(`${folder}/modules.json`) === undefined) return;
  const modules = await readJson(`${folder}/modules.json`);
  const count = Array.isArray(modules) ? modules.length : undefined;
  if (count !== 1) {
    throw new RangeError(
      `Cannot load ${folder}: expected modules.json with one module, the encoder with its ` +
        `classifier, got ${count ?? "no list"}`,
    );
  }
  const path = `${folder}/config_sentence_transformers.json`;
  if (await readTextIfThere(path) === undefined) return;
  const fields = await readJsonObject(path);
  const { default_prompt_name: prompt = null } = fields;
  if (prompt === null) return fields.activation_fn;
  throw new RangeError(
    `Cannot load ${folder}: expected no default_prompt_name for a cross-encoder in ` +
      `config_sentence_transformers.json, got ${JSON.stringify(prompt)}`,
  );
}
