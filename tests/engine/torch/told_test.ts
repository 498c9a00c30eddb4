import "#tests/support/permitted.ts";
import { addressIn, openLibrary } from "#lib/engine/foreign.ts";
import { toldBy } from "#lib/engine/torch/told.ts";
import { assertEquals } from "@std/assert";

const LIBRARY = "libstdc++.so.6";

/** C++'s own memory, its standard error stream's making, and a file's closing. */
const CPP = {
  _Znwm: { parameters: ["u64"], result: "u64" },
  _ZNSt8ios_base4InitC1Ev: { parameters: ["buffer"], result: "void" },
  _ZSt16__ostream_insertIcSt11char_traitsIcEERSt13basic_ostreamIT_T0_ES6_PKS3_l:
    { parameters: ["u64", "buffer", "i64"], result: "u64" },
} as const;

/** C++'s library, or why there is none. */
function cpp() {
  try {
    const library = openLibrary(LIBRARY, CPP);
    library._ZNSt8ios_base4InitC1Ev!(new Uint8Array(new ArrayBuffer(16)));
    return { library, cerr: addressIn(LIBRARY, "_ZSt4cerr") };
  } catch (error) {
    console.log(`skipped: ${(error as Error).message}`);
    return undefined;
  }
}

const NONE = { torch_exception_get_what_without_backtrace: undefined };

Deno.test("what a libtorch before 2.13 prints of an error is told, once, and its memory never fills up", () => {
  const found = cpp();
  if (!found) return;
  const { library, cerr } = found;
  const told = toldBy(NONE, library._Znwm);
  const print = (text: string) => {
    const bytes = new TextEncoder().encode(text);
    library
      ._ZSt16__ostream_insertIcSt11char_traitsIcEERSt13basic_ostreamIT_T0_ES6_PKS3_l!(
        cerr,
        bytes,
        bytes.length,
      );
  };
  assertEquals(told(), undefined);
  print("a warning\n[E shim.cpp:1] Exception in aoti_torch: no room\nframe\n");
  assertEquals(told(), "no room");
  assertEquals(told(), undefined);
  print("x".repeat(100_000));
  assertEquals(told(), undefined);
  print("Exception in aoti_torch: again\n");
  assertEquals(told(), "again");
});

Deno.test("a libtorch without C++'s library of Linux tells nothing", () => {
  const nowhere = () => {
    throw new TypeError("no such library");
  };
  const told = toldBy(
    { torch_exception_get_what_without_backtrace: () => 0n },
    nowhere,
  );
  assertEquals(told(), undefined);
});
