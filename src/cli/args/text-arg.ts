/** Text arguments, from the command line or from standard input, and contact policies. */
import type { Policy } from "../../api/index.ts";
import { fromUtf8, limits, SottoError, utf8 } from "../../base/index.ts";
import { readStandardInput } from "../runtime/standard-input.ts";

/**
 * The words joined with spaces; for a single `-`, standard input without its final newline. Throws
 * `message-too-long`, `message-not-text`, `file-unreadable`.
 */
export async function textOf(words: readonly string[]): Promise<string> {
  if (!isStandardInput(words)) return words.join(" ");
  const bytes = await readStandardInput(limits.textBytes + NEWLINE);
  if (bytes === undefined) throw new SottoError("message-too-long", "The message is too long.");
  const text = fromUtf8(bytes);
  if (text === undefined)
    throw new SottoError("message-not-text", "Standard input is not valid UTF-8.");
  return text.replace(/\r?\n$/, "");
}

/** Bytes of a final newline, which is not part of the text. */
const NEWLINE = 2;

/**
 * A pasted text that contains an invite, from the arguments or standard input. Throws
 * `invite-malformed` if it is too long to look for one, `file-unreadable`.
 */
export async function pastedText(words: readonly string[]): Promise<string> {
  const most = limits.pastedInvite;
  const bytes = isStandardInput(words) ? await readStandardInput(most) : utf8(words.join(" "));
  if (bytes !== undefined && bytes.length <= most) return new TextDecoder().decode(bytes);
  throw new SottoError(
    "invite-malformed",
    "The text is too long to look for an invite link in it.",
  );
}

const isStandardInput = (words: readonly string[]) => words.length === 1 && words[0] === "-";

/** A contact policy. Throws `usage`. */
export function parsePolicy(word: string): Policy {
  if (word === "any" || word === "lan" || word === "hidden") return word;
  throw new SottoError("usage", "The policy is any, lan or hidden.");
}
