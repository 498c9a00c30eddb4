import { scopesOf } from "#lib/engine/scopes.ts";
import { assertEquals, assertThrows } from "@std/assert";

Deno.test("scopesOf() frees what was made inside and not taken out, once", () => {
  const freed: bigint[] = [];
  const scopes = scopesOf<bigint>((handle) => freed.push(handle));
  const taken = scopes.scoped(() => {
    scopes.scoped(() => scopes.note(1n));
    assertEquals(freed, [1n]);
    scopes.note(2n);
    const handle = scopes.note(3n);
    assertEquals(scopes.leave(handle), true);
    return handle;
  });
  assertEquals(freed, [1n, 2n]);
  assertEquals(scopes.count(), 1);
  assertEquals(scopes.leave(taken), false);
  scopes.scoped(() => scopes.join(taken));
  assertEquals(freed, [1n, 2n, 3n]);
  assertEquals(scopes.count(), 0);
});

Deno.test("scopesOf() frees what was made inside when an error passes", () => {
  const freed: bigint[] = [];
  const scopes = scopesOf<bigint>((handle) => freed.push(handle));
  assertThrows(() =>
    scopes.scoped(() => {
      scopes.note(7n);
      throw new RangeError("no");
    }), RangeError);
  assertEquals(freed, [7n]);
});

Deno.test("scopesOf() passes what is returned to the scope around", () => {
  const freed: bigint[] = [];
  const scopes = scopesOf<bigint>((handle) => freed.push(handle));
  scopes.scoped(() => {
    const passed = scopes.passed(() => {
      scopes.note(1n);
      return scopes.note(2n);
    });
    assertEquals(passed, 2n);
    assertEquals(freed, [1n]);
    // one that belongs to somebody else stays theirs
    const taken = scopes.note(3n);
    scopes.leave(taken);
    assertEquals(scopes.passed(() => taken), taken);
  });
  assertEquals(freed, [1n, 2n]);
  assertEquals(scopes.count(), 1);
});
