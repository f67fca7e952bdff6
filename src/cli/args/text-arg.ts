/** A text as words of the command line, or from standard input. */
import { fromUtf8, SottoError } from "../../base/index.ts";

/** The words with spaces between; for a single `-`, what standard input holds. Throws `message-not-text`. */
export async function textOf(words: readonly string[]): Promise<string> {
  if (words.length !== 1 || words[0] !== "-") return words.join(" ");
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  const text = fromUtf8(Buffer.concat(chunks));
  if (text === undefined)
    throw new SottoError("message-not-text", "Standard input is not valid UTF-8.");
  return text.replace(/\r?\n$/, "");
}
