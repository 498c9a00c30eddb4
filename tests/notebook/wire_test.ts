import "#tests/support/permitted.ts";
import { assertEquals, assertRejects } from "@std/assert";
import { jupyterWire } from "#lib/notebook/wire.ts";
import { connectZmtp } from "#lib/notebook/zmtp.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (content: string) => new TextEncoder().encode(content);

Deno.test("jupyterWire() signs as HMAC-SHA256 does (RFC 4231, test case 2)", async () => {
  // key "Jefe", data "what do ya want for nothing?" given in four parts
  const parts = ["what do ", "ya want ", "for ", "nothing?"].map(bytes);
  const signature =
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
  const wire = await jupyterWire("Jefe");
  const frames = [bytes("<IDS|MSG>"), bytes(signature), ...parts];
  // The signature holds, so that reading goes on to the JSON, which this is not.
  await assertRejects(
    () => wire.decode(frames),
    SyntaxError,
    "Unexpected token",
  );
});

Deno.test("jupyterWire() reads what it wrote, behind any routing frames", async () => {
  const wire = await jupyterWire("key");
  const { id, frames } = await wire.encode("execute_request", { code: "1" });
  const message = await wire.decode([bytes("route"), ...frames]);
  assertEquals(message, {
    type: "execute_request",
    id,
    parent: undefined,
    content: { code: "1" },
  });
});

Deno.test("jupyterWire() refuses an altered message and one of another key", async () => {
  const wire = await jupyterWire("key");
  const { frames } = await wire.encode("execute_request", { code: "1" });
  const altered = frames.map((frame) =>
    text(frame) === '{"code":"1"}' ? bytes('{"code":"2"}') : frame
  );
  await assertRejects(
    () => wire.decode(altered),
    SyntaxError,
    "expected one signed with the key",
  );
  const other = await jupyterWire("another");
  await assertRejects(
    () => other.decode(frames),
    SyntaxError,
    "expected one signed with the key",
  );
  await assertRejects(
    () => wire.decode([bytes("x")]),
    SyntaxError,
    "got 1 frames",
  );
});

/** A server that answers one connection with fixed bytes and tells what it was sent. */
function answering(
  answer: Uint8Array,
): {
  readonly port: number;
  readonly close: () => void;
  readonly got: Promise<Uint8Array>;
} {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const got = (async () => {
    const connection = await listener.accept();
    await connection.write(answer);
    const all: number[] = [];
    const chunk = new Uint8Array(4096);
    for (
      let n;
      (n = await connection.read(chunk).catch(() => null)) !== null;
    ) all.push(...chunk.subarray(0, n));
    connection.close();
    return Uint8Array.from(all);
  })();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    close: () => listener.close(),
    got,
  };
}

/** A greeting and a READY command, as a kernel sends them. */
function hello(): number[] {
  const greeting = new Array(64).fill(0);
  greeting.splice(0, 12, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0);
  greeting.splice(12, 4, ...bytes("NULL"));
  return [...greeting, 4, 6, 5, ...bytes("READY")];
}

Deno.test("connectZmtp() joins the frames of a message, short and long", async () => {
  const long = new Uint8Array(300).fill(7);
  const server = answering(
    Uint8Array.from([
      ...hello(),
      1,
      2,
      65,
      66,
      2,
      0,
      0,
      0,
      0,
      0,
      0,
      1,
      44,
      ...long,
    ]),
  );
  const socket = await connectZmtp(server.port, "SUB");
  assertEquals(await socket.receive(), [Uint8Array.of(65, 66), long]);
  socket.close();
  const sent = await server.got;
  assertEquals([...sent.slice(-3)], [0, 1, 1]); // subscribes to everything
  server.close();
});

Deno.test("connectZmtp() sends frames of any length and tells the end by undefined", async () => {
  const server = answering(Uint8Array.from(hello()));
  const socket = await connectZmtp(server.port, "DEALER");
  await socket.send([bytes("a"), new Uint8Array(256)]);
  socket.close();
  assertEquals(await socket.receive(), undefined);
  const sent = await server.got;
  assertEquals([...sent.slice(-268, -256)], [
    1,
    1,
    97,
    2,
    0,
    0,
    0,
    0,
    0,
    0,
    1,
    0,
  ]);
  server.close();
});

Deno.test("connectZmtp() refuses a server of another protocol", async () => {
  const server = answering(bytes("HTTP/1.1 200 OK\r\n".padEnd(80)));
  await assertRejects(
    () => connectZmtp(server.port, "SUB"),
    SyntaxError,
    "expected a ZMTP 3 greeting",
  );
  await server.got;
  server.close();
});
