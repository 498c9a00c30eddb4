/**
 * What libtorch says of its errors.
 *
 * From 2.13 on a function gives the text. Before, libtorch prints it on C++'s standard
 * error stream and tells its caller nothing: there the stream is led into memory, so that
 * running out of memory is known for what it is, and people read one line.
 *
 * @module
 */
import {
  type Address,
  addressIn,
  bytesAt,
  type LibraryFunction,
  openLibrary,
  pointerAt,
  textAt,
} from "../foreign.ts";

/** The first line of the last error's text; nothing where nobody tells it. */
export type Told = () => string | undefined;

/** The C++ library of Linux, whose names and sizes have been the same for twenty years. */
const LIBRARY = "libstdc++.so.6";

/** A stream buffer over given memory, and how a stream gets one. */
const STREAM = {
  _ZNSt12strstreambufC1EPclS0_: {
    parameters: ["u64", "u64", "i64", "u64"],
    result: "void",
  },
  _ZNSt9basic_iosIcSt11char_traitsIcEE5rdbufEPSt15basic_streambufIcS1_E: {
    parameters: ["u64", "u64"],
    result: "u64",
  },
} as const;

/** Bytes of the text that is kept, and more than a stream buffer's. */
const [KEPT, BUFFER] = [1 << 16, 512];

/** What libtorch prints before the text. */
const START = "Exception in aoti_torch: ";

/**
 * How errors of a libtorch are told.
 *
 * @param functions Those of libtorch that say it, where it has them.
 * @param allocate Memory that is never given back; needed where it has not.
 * @returns What tells the last error; each text once.
 */
export function toldBy(
  { torch_exception_get_what_without_backtrace: what }: {
    readonly torch_exception_get_what_without_backtrace:
      | LibraryFunction
      | undefined;
  },
  allocate: LibraryFunction | undefined,
): Told {
  if (what) return () => firstLine(textAt(what() as Address));
  try {
    return printed(allocate!);
  } catch {
    // Not Linux's C++ library: the text stays where libtorch prints it.
    return () => undefined;
  }
}

/** A text's first line; nothing where there is none. */
function firstLine(text: string): string | undefined {
  return text.split("\n")[0] || undefined;
}

let taken: Told | undefined;

/** Leads C++'s standard error stream into memory, once in a process. */
function printed(allocate: LibraryFunction): Told {
  return taken ??= intoMemory(allocate);
}

/** What was printed since the last question, from an error's text on. */
function intoMemory(allocate: LibraryFunction): Told {
  const stream = openLibrary(LIBRARY, STREAM);
  const cerr = addressIn(LIBRARY, "_ZSt4cerr");
  // A stream's table says how far behind its start what all streams share begins.
  const shared = cerr + pointerAt(pointerAt(cerr) - 24n);
  const [buffer, text] = [BUFFER, KEPT].map((bytes) =>
    BigInt(allocate(BigInt(bytes)))
  ) as [Address, Address];
  const begin = () => {
    new Uint8Array(bytesAt(text, KEPT)).fill(0);
    // The last byte stays 0: it ends the text.
    stream._ZNSt12strstreambufC1EPclS0_!(buffer, text, KEPT - 1, text);
    // This also forgets that the memory was full.
    stream
      ._ZNSt9basic_iosIcSt11char_traitsIcEE5rdbufEPSt15basic_streambufIcS1_E!(
        shared,
        buffer,
      );
  };
  begin();
  return () => {
    const all = textAt(text);
    begin();
    const at = all.lastIndexOf(START);
    return at < 0 ? undefined : firstLine(all.slice(at + START.length));
  };
}
