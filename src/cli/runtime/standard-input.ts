/** Reads standard input up to a limit. */
import { SottoError } from "../../base/index.ts";

/**
 * The bytes of standard input, or `undefined` as soon as there are more than `most`; the rest is
 * not read. Throws `file-unreadable`.
 */
export async function readStandardInput(most: number): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > most) return undefined;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new SottoError("file-unreadable", "Standard input cannot be read.", { cause });
  }
  return Uint8Array.from(Buffer.concat(chunks));
}
