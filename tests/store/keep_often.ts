/**
 * A program that keeps the same few results again and again, beside others that do,
 * and says whether each was right.
 *
 * @module
 */
import { kept } from "#lib/store/kept.ts";
import { sha256Of } from "#lib/store/sha256.ts";

let isRight = true;
for (let round = 0; round < 40; round++) {
  const fill = round % 5;
  const value = await kept({
    kind: "often",
    key: sha256Of([Uint8Array.of(fill)]),
    make: () => new Uint8Array(100_000).fill(fill),
    toBytes: (bytes) => bytes,
    fromBytes: (bytes) => bytes,
  }, {
    folder: Deno.args[0]!,
    most: 3, // so that files come and go
    say: (line) => isRight &&= line.startsWith("Takes often from "),
  });
  isRight &&= value.length === 100_000 && value.every((byte) => byte === fill);
}
console.log(isRight ? "right" : "wrong");
