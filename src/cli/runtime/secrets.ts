/** Passphrases and recovery words: by prompt, file or file descriptor, never by argument. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import type { Guard } from "../../api/index.ts";
import { SottoError } from "../../base/index.ts";
import type { Context } from "./context.ts";
import { askSecret } from "./prompt.ts";

export interface PassphraseOptions {
  readonly passphraseFile?: string;
  readonly passphraseFd?: string;
}

/** Adds the two options that give the passphrase of the store. */
export function passphraseOptions(command: Command): Command {
  return command
    .option("--passphrase-file <file>", "read the store's passphrase from a file")
    .option("--passphrase-fd <number>", "read the store's passphrase from a descriptor");
}

/**
 * The passphrase that a file or descriptor gives, or `undefined`; a closing line end is no part of
 * it.
 */
export function givenPassphrase(options: PassphraseOptions): string | undefined {
  return givenSecret(options.passphraseFile, options.passphraseFd, "--passphrase-fd");
}

/** The passphrase that a file or a descriptor gives; `flag` names the descriptor's option. */
export function givenSecret(
  file: string | undefined,
  fd: string | undefined,
  flag: string,
): string | undefined {
  if (file !== undefined) return firstLine(file, `The file ${file}`);
  if (fd === undefined) return undefined;
  return firstLine(descriptor(fd, flag), `Descriptor ${fd}`);
}

function descriptor(text: string, option: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new SottoError("usage", `${option} takes the number of an open descriptor.`);
}

export interface WordsOptions {
  readonly wordsFile?: string;
  readonly wordsFd?: string;
}

/**
 * The 24 words as a file, a descriptor or a person gives them. Throws `words-invalid`, `usage`
 * where nobody can be asked.
 */
export async function recoveryWords(options: WordsOptions, context: Context): Promise<string> {
  const { wordsFile: file, wordsFd: fd } = options;
  if (file === undefined && fd === undefined) {
    if (context.interactive) return askSecret("The 24 words?");
    throw new SottoError(
      "usage",
      "There is no terminal to ask for the words: use --words-file or --words-fd.",
    );
  }
  const source = file ?? descriptor(fd ?? "", "--words-fd");
  try {
    return readFileSync(source, "utf8");
  } catch (cause) {
    const name = file === undefined ? `Descriptor ${fd}` : `The file ${file}`;
    throw new SottoError("words-invalid", `${name} cannot be read.`, { cause });
  }
}

/**
 * The passphrase of a store, given or asked for; `undefined` where none guards it, or where nobody
 * can be asked: whoever opens it then says `passphrase-needed`.
 */
export async function currentPassphrase(
  guard: Guard | undefined,
  options: PassphraseOptions,
  context: Context,
): Promise<string | undefined> {
  if (guard !== "passphrase") return undefined;
  return givenPassphrase(options) ?? askPassphrase(context)?.();
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

/**
 * A new passphrase, typed twice. Throws `passphrase-needed` where nobody can be asked, or the two
 * differ.
 */
export async function newPassphrase(context: Context): Promise<string> {
  if (!context.interactive)
    throw new SottoError("passphrase-needed", "There is no terminal to ask for a passphrase.");
  const first = await askSecret("New passphrase?");
  if (first !== (await askSecret("The same again?")))
    throw new SottoError("passphrase-needed", "The two passphrases differ.");
  return first;
}
