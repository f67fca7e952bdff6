/** Text arguments, from the command line or from standard input, and contact policies. */
import type { Policy } from "../../api/index.ts";
import { fromUtf8, SottoError } from "../../base/index.ts";

/** The words joined with spaces; for a single `-`, standard input. Throws `message-not-text`. */
export async function textOf(words: readonly string[]): Promise<string> {
  if (words.length !== 1 || words[0] !== "-") return words.join(" ");
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  const text = fromUtf8(Buffer.concat(chunks));
  if (text === undefined)
    throw new SottoError("message-not-text", "Standard input is not valid UTF-8.");
  return text.replace(/\r?\n$/, "");
}

/** A contact policy. Throws `usage`. */
export function parsePolicy(word: string): Policy {
  if (word === "any" || word === "lan" || word === "hidden") return word;
  throw new SottoError("usage", "The policy is any, lan or hidden.");
}
