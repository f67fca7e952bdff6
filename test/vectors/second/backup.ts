/** SPEC §9, Backup, read aloud. */
import { bytes, type Fields, type Json, text, written } from "../notation.ts";
import { hkdf, label, open, seal, u32 } from "./primitives.ts";
import { crc } from "./formats.ts";

const MAGIC = Buffer.from("sottobak");
const why = (refused: string) => ({ refused });
const NONCE = Buffer.alloc(12);
const idOf = (entropy: Uint8Array, salt: Uint8Array) => hkdf(salt, entropy, label("backup id"), 16);
const keyOf = (entropy: Uint8Array, salt: Uint8Array) => hkdf(salt, entropy, label("backup seal"), 32);

function opened(file: Buffer, entropy: Uint8Array): Json {
  if (file.length < 8 || !file.subarray(0, 8).equals(MAGIC)) return why("malformed");
  const end = file.length - 4;
  if (end < 9 || !crc(file.subarray(0, end)).equals(file.subarray(end))) return why("damaged");
  if ((file[8] as number) > 1) return why("newer");
  if (file[8] !== 1 || file.length < 65 || file.readUInt32BE(9) !== file.length - 65) return why("damaged");
  const salt = file.subarray(13, 45);
  if (!idOf(entropy, salt).equals(file.subarray(45, 61))) return why("foreign");
  const body = open(keyOf(entropy, salt), NONCE, file.subarray(61, end), file.subarray(0, 61));
  if (body === undefined || body.length < 4) return why("damaged");
  const json = body.subarray(4, 4 + body.readUInt32BE(0));
  if (body.readUInt32BE(0) > body.length - 4) return why("damaged");
  if (body.subarray(4 + json.length).some((byte) => byte !== 0)) return why("damaged");
  try {
    const members = Object.keys(JSON.parse(json.toString("utf8")));
    const named = ["madeAt", "name", "contacts", "invites", "bootstrap"];
    return named.every((name) => members.includes(name)) ? { json: json.toString("utf8") } : why("damaged");
  } catch {
    return why("damaged");
  }
}

export const backup: Readonly<Record<string, (given: Fields) => Json>> = {
  "backup.seal": (given) => {
    const [entropy, salt] = [bytes(given, "entropy"), bytes(given, "salt")];
    const json = Buffer.from(text(given, "json"));
    let size = 16_384;
    while (size < 4 + json.length) size *= 2;
    const body = Buffer.concat([u32(json.length), json, Buffer.alloc(size - 4 - json.length)]);
    const head = Buffer.concat([MAGIC, Buffer.from([1]), u32(size + 16), salt, idOf(entropy, salt)]);
    const file = Buffer.concat([head, seal(keyOf(entropy, salt), NONCE, body, head)]);
    return { file: written(Buffer.concat([file, crc(file)])) };
  },
  "backup.open": (given) => opened(Buffer.from(bytes(given, "file")), bytes(given, "entropy")),
};
