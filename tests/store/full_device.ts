/** Writes to Linux's /dev/full, which never has room, and prints how our error reads. */
import { writeError } from "#lib/store/disk_full_error.ts";

using full = Deno.openSync("/dev/full", { write: true });
try {
  full.writeSync(Uint8Array.of(1));
} catch (error) {
  console.log(writeError("/dev/full", error).name);
}
