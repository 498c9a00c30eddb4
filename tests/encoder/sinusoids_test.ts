import { assertAlmostEquals, assertEquals } from "@std/assert";
import { positions } from "#lib/encoder/positions.ts";
import { sinusoids } from "#lib/encoder/sinusoids.ts";

Deno.test("sinusoids() puts sines in the first half and cosines in the second", () => {
  const codes = sinusoids([3], 4);
  [Math.sin(3), Math.sin(3e-4), Math.cos(3), Math.cos(3e-4)].forEach((
    value,
    i,
  ) => assertAlmostEquals(codes[i]!, value, 1e-9));
});

Deno.test("sinusoids() takes the narrowest width", () => {
  assertEquals([...sinusoids([2], 2)], [Math.sin(2), Math.cos(2)]);
});

Deno.test("sinusoids() gives a place the same code wherever it stands", () => {
  const places = [5, 0, 5, 3, 0, 5];
  const alone = places.flatMap((place) => [...sinusoids([place], 6)]);
  assertEquals([...sinusoids(places, 6)], alone);
});

Deno.test("positions() counts every text from 0", () => {
  assertEquals([...positions(Int32Array.of(0, 1, 4))], [0, 0, 1, 2]);
  assertEquals([...positions(Int32Array.of())], []);
});
