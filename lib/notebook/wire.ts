import { joined } from "./zmtp.ts";

/** A message of the Jupyter protocol, without what only the transport needs. */
export interface JupyterMessage {
  /** Such as `display_data`. */
  readonly type: string;
  /** Its own name. */
  readonly id: string;
  /** The name of the message that caused it. */
  readonly parent: string | undefined;
  /** What it says; its shape depends on the type. */
  // deno-lint-ignore no-explicit-any -- foreign JSON, another shape for each type
  readonly content: any;
}

/** Signs and checks messages of one session with the kernel's key. */
export interface Wire {
  /**
   * A request as frames.
   *
   * @param type Such as `execute_request`.
   * @param content What it says.
   */
  encode(
    type: string,
    content: unknown,
  ): Promise<{ readonly id: string; readonly frames: Uint8Array[] }>;
  /**
   * A received message.
   *
   * @param frames As they came.
   * @throws {SyntaxError} If it is no message of the protocol, or not signed with the key.
   */
  decode(frames: readonly Uint8Array[]): Promise<JupyterMessage>;
}

const DELIMITER = "<IDS|MSG>";
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Makes the writer and reader of one session's messages.
 *
 * Source: the Jupyter messaging protocol 5.3, "the wire protocol": delimiter,
 * HMAC-SHA256 in hexadecimal over four JSON frames, then header, parent header,
 * metadata, content.
 *
 * @param key The key of the kernel's connection file.
 */
export async function jupyterWire(key: string): Promise<Wire> {
  const secret = await crypto.subtle.importKey(
    "raw",
    encoder.encode(key),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const sign = async (parts: readonly Uint8Array[]) =>
    hexadecimal(await crypto.subtle.sign("HMAC", secret, joined(parts)));
  const session = crypto.randomUUID();
  return {
    async encode(type, content) {
      const id = crypto.randomUUID();
      const header = {
        msg_id: id,
        session,
        username: "maxsim-lab",
        date: new Date().toISOString(),
        msg_type: type,
        version: "5.3",
      };
      const parts = [header, {}, {}, content]
        .map((part) => encoder.encode(JSON.stringify(part)));
      const head = [DELIMITER, await sign(parts)].map((text) =>
        encoder.encode(text)
      );
      return { id, frames: [...head, ...parts] };
    },
    async decode(frames) {
      const texts = frames.map((frame) => decoder.decode(frame));
      const at = texts.indexOf(DELIMITER);
      const parts = frames.slice(at + 2, at + 6);
      if (at < 0 || parts.length < 4) {
        throw new SyntaxError(
          `Cannot read a kernel's message: expected ${DELIMITER} and five frames, got ${frames.length} frames`,
        );
      }
      if (texts[at + 1] !== await sign(parts)) {
        throw new SyntaxError(
          "Cannot read a kernel's message: expected one signed with the key, got another signature",
        );
      }
      const [header, parent, , content] = texts.slice(at + 2, at + 6)
        .map((text) => JSON.parse(text));
      return {
        type: header.msg_type,
        id: header.msg_id,
        parent: parent?.msg_id,
        content,
      };
    },
  };
}

function hexadecimal(bytes: ArrayBuffer): string {
  return Array.from(
    new Uint8Array(bytes),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}
