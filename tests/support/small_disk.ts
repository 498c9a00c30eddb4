/** Functions of the C library that mount and unmount. */
const SYMBOLS = {
  mount: {
    parameters: ["buffer", "buffer", "buffer", "u64", "buffer"],
    result: "i32",
  },
  umount: { parameters: ["buffer"], result: "i32" },
} as const;

/**
 * Puts a real disk of little room at a folder, in memory: a Linux `tmpfs`.
 *
 * @param folder An empty folder.
 * @param bytes Its room.
 * @returns What takes the disk away again, or `undefined` where this user may
 * not mount; then the reason is printed.
 */
export function mountSmallDisk(
  folder: string,
  bytes: number,
): Disposable | undefined {
  if (Deno.build.os !== "linux") {
    console.log(`skipped: ${Deno.build.os} has no tmpfs to mount`);
    return undefined;
  }
  const library = Deno.dlopen("libc.so.6", SYMBOLS);
  const text = (value: string) => new TextEncoder().encode(`${value}\0`);
  const [at, kind] = [text(folder), text("tmpfs")];
  const failed = library.symbols.mount(
    kind,
    at,
    kind,
    0n,
    text(`size=${bytes}`),
  );
  if (failed !== 0) {
    console.log("skipped: only root may mount a small disk");
    library.close();
    return undefined;
  }
  return {
    [Symbol.dispose]() {
      library.symbols.umount(at);
      library.close();
    },
  };
}
