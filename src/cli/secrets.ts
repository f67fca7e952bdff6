/** Passphrases and recovery words: by prompt, file or file descriptor, never by argument. */
import { readFileSync } from "node:fs";
import { SottoError } from "../base/index.ts";
import type { Context } from "./context.ts";
import { askSecret } from "./prompt.ts";

export interface PassphraseOptions {
  readonly passphraseFile?: string;
  readonly passphraseFd?: string;
}

/** The passphrase that a file or descriptor gives, or `undefined`; a closing line end is no part of it. */
export function givenPassphrase(options: PassphraseOptions): string | undefined {
  const { passphraseFile: file, passphraseFd: fd } = options;
  if (file !== undefined) return firstLine(file, `The file ${file}`);
  if (fd === undefined) return undefined;
  if (!/^\d{1,4}$/.test(fd))
    throw new SottoError("usage", "--passphrase-fd takes the number of an open descriptor.");
  return firstLine(Number(fd), `Descriptor ${fd}`);
}

function firstLine(source: string | number, name: string): string {
  let text: string;
  try {
    text = readFileSync(source, "utf8");
  } catch (cause) {
    throw new SottoError("passphrase-needed", `${name} cannot be read.`, { cause });
  }
  const line = text.replace(/\r?\n$/, "");
  if (line === "") throw new SottoError("passphrase-needed", `${name} is empty.`);
  return line;
}

/** A way to ask for the passphrase of a store, or `undefined` where nobody can be asked. */
export function askPassphrase(context: Context): (() => Promise<string>) | undefined {
  return context.interactive ? () => askSecret("Passphrase of this store?") : undefined;
}

/** A new passphrase, typed twice. Throws `passphrase-needed` where nobody can be asked, or the two differ. */
export async function newPassphrase(context: Context): Promise<string> {
  if (!context.interactive)
    throw new SottoError("passphrase-needed", "There is no terminal to ask for a passphrase.");
  const first = await askSecret("New passphrase?");
  if (first !== (await askSecret("The same again?")))
    throw new SottoError("passphrase-needed", "The two passphrases differ.");
  return first;
}
