/**
 * ZeroMQ's wire protocol, as much of it as a Jupyter client needs: ZMTP 3.0
 * over TCP with the NULL mechanism, for DEALER and SUB sockets.
 *
 * @module
 */

/** One socket to a kernel's port. */
export interface ZmtpSocket {
  /**
   * Sends one message.
   *
   * @param frames Its frames.
   */
  send(frames: readonly Uint8Array[]): Promise<void>;
  /**
   * Waits for one message.
   *
   * @returns Its frames, or `undefined` when the other side has closed.
   */
  receive(): Promise<Uint8Array[] | undefined>;
  /** Closes the connection; a waiting `receive` returns `undefined`. */
  close(): void;
}

/** Flags of a frame. */
const MORE = 1;
const LONG = 2;
const COMMAND = 4;

const GREETING_LENGTH = 64;
const encoder = new TextEncoder();

/**
 * Connects to a listening socket, and subscribes to everything when `SUB`.
 *
 * @param port On this machine.
 * @param kind What our end is.
 * @returns The socket, ready.
 * @throws {Deno.errors.ConnectionRefused} If nobody listens.
 * @throws {SyntaxError} If the other side does not speak ZMTP 3.
 */
export async function connectZmtp(
  port: number,
  kind: "DEALER" | "SUB",
): Promise<ZmtpSocket> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const read = reader(connection);
  const write = (bytes: Uint8Array) => writeAll(connection, bytes);
  await write(greeting());
  const answer = await read(GREETING_LENGTH);
  if (answer?.[0] !== 0xff || answer[10]! < 3) {
    connection.close();
    throw new SyntaxError(
      `Cannot connect to port ${port}: expected a ZMTP 3 greeting, got something else`,
    );
  }
  await write(frame(ready(kind), COMMAND));
  await readFrame(read);
  if (kind === "SUB") await write(frame(Uint8Array.of(1), 0));
  return {
    send: (frames) =>
      write(
        joined(
          frames.map((body, i) =>
            frame(body, i < frames.length - 1 ? MORE : 0)
          ),
        ),
      ),
    receive: () => receive(read),
    close: () => closeQuietly(connection),
  };
}

/** Signature, version 3.0, the name of the mechanism, zeros. */
function greeting(): Uint8Array {
  const bytes = new Uint8Array(GREETING_LENGTH);
  bytes.set([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0]);
  bytes.set(encoder.encode("NULL"), 12);
  return bytes;
}

/** The READY command: our socket's kind. */
function ready(kind: string): Uint8Array {
  const name = encoder.encode("Socket-Type");
  const value = encoder.encode(kind);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, value.length);
  const command = encoder.encode("READY");
  return joined([
    Uint8Array.of(command.length),
    command,
    Uint8Array.of(name.length),
    name,
    length,
    value,
  ]);
}

function frame(body: Uint8Array, flags: number): Uint8Array {
  if (body.length < 256) {
    return joined([Uint8Array.of(flags, body.length), body]);
  }
  const head = new Uint8Array(9);
  head[0] = flags | LONG;
  new DataView(head.buffer).setBigUint64(1, BigInt(body.length));
  return joined([head, body]);
}

type Read = (count: number) => Promise<Uint8Array | undefined>;

async function readFrame(
  read: Read,
): Promise<{ readonly flags: number; readonly body: Uint8Array } | undefined> {
  const flags = (await read(1))?.[0];
  if (flags === undefined) return undefined;
  const size = await read(flags & LONG ? 8 : 1);
  if (!size) return undefined;
  const length = flags & LONG
    ? Number(new DataView(size.buffer, size.byteOffset).getBigUint64(0))
    : size[0]!;
  const body = await read(length);
  return body && { flags, body };
}

async function receive(read: Read): Promise<Uint8Array[] | undefined> {
  const frames: Uint8Array[] = [];
  while (true) {
    const next = await readFrame(read);
    if (!next) return undefined;
    if (next.flags & COMMAND) continue;
    frames.push(next.body);
    if (!(next.flags & MORE)) return frames;
  }
}

/** Reads exactly so many bytes, keeping what came too early for the next call. */
function reader(connection: Deno.TcpConn): Read {
  let parts: Uint8Array[] = [];
  let have = 0;
  return async (count) => {
    while (have < count) {
      const chunk = new Uint8Array(65536);
      const got = await connection.read(chunk).catch(() => null);
      if (got === null) return undefined;
      parts.push(chunk.subarray(0, got));
      have += got;
    }
    const all = joined(parts);
    parts = [all.subarray(count)];
    have -= count;
    return all.slice(0, count);
  };
}

async function writeAll(
  connection: Deno.TcpConn,
  bytes: Uint8Array,
): Promise<void> {
  let sent = 0;
  while (sent < bytes.length) {
    sent += await connection.write(bytes.subarray(sent));
  }
}

function closeQuietly(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/**
 * Byte arrays laid end to end.
 *
 * @param parts The arrays.
 * @returns A new array.
 */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const total = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    total.set(part, at);
    at += part.length;
  }
  return total;
}
