/** One output in several forms, by media type; a reader takes the best it knows. */
export type MimeBundle = Readonly<Record<string, unknown>>;

/** Something that can be shown to a person, wherever the person is. */
export interface Showable {
  /** Plain text, fixed width, for terminals and logs. */
  readonly text: string;
  /** The same as Markdown. */
  readonly markdown?: string;
  /** The same as HTML without scripts. */
  readonly html?: string;
}

/** What a Jupyter kernel asks of a cell's last value. */
export const DISPLAY: unique symbol = Symbol.for("Jupyter.display") as never;

/**
 * The forms of something shown, by media type.
 *
 * @param item What is shown.
 * @returns `text/plain` always, `text/markdown` and `text/html` where it has them.
 *
 * @example Usage
 * ```ts
 * import { bundleOf } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(bundleOf({ text: "1" }), { "text/plain": "1" });
 * ```
 */
export function bundleOf({ text, markdown, html }: Showable): MimeBundle {
  return {
    ...(html === undefined ? {} : { "text/html": html }),
    ...(markdown === undefined ? {} : { "text/markdown": markdown }),
    "text/plain": text,
  };
}

/**
 * Lets a notebook show a value that stands last in a cell.
 *
 * The value stays what it was: the method that the kernel calls is hidden from
 * `Object.keys` and from JSON.
 *
 * @param value Any object.
 * @param bundle Makes its forms.
 * @returns The same object.
 *
 * @example Usage
 * ```ts
 * import { bundleOf, displayable } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const item = { text: "1" };
 * assertEquals(displayable(item, () => bundleOf(item)), { text: "1" });
 * ```
 */
export function displayable<T extends object>(
  value: T,
  bundle: () => MimeBundle | Promise<MimeBundle>,
): T {
  return Object.defineProperty(value, DISPLAY, { value: bundle });
}
