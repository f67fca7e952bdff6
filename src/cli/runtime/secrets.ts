/** Reads passphrases and recovery phrases from a prompt, a file or a file descriptor. */
import type { Command } from "commander";
import type { KeyProtection } from "../../api/index.ts";
import {
  limits,
  passphraseStrength,
  requirePassphrase,
  SottoError,
  tooWeak,
} from "../../base/index.ts";
import type { Context } from "./context.ts";
import { askSecret } from "./prompt.ts";

export interface PassphraseOptions {
  readonly passphraseFile?: string;
  readonly passphraseFd?: string;
}

/** Adds the two options for the passphrase of the store. */
export function passphraseOptions(command: Command): Command {
  return command
    .option("--passphrase-file <file>", "read the passphrase from a file")
    .option("--passphrase-fd <number>", "read the passphrase from a file descriptor");
}

/** The passphrase of the options, without its final newline, or `undefined`. */
export function givenPassphrase(options: PassphraseOptions): Promise<string | undefined> {
  return givenSecret(options.passphraseFile, options.passphraseFd, "--passphrase-fd");
}

/** The secret in a file or from a file descriptor; `flag` is the option of the descriptor. */
export async function givenSecret(
  file: string | undefined,
  fd: string | undefined,
  flag: string,
): Promise<string | undefined> {
  const source = file ?? (fd === undefined ? undefined : descriptor(fd, flag));
  if (source === undefined) return undefined;
  const line = (await readSecret(source)).replace(/\r?\n$/, "");
  if (line === "") throw new SottoError("passphrase-needed", `${nameOf(source)} is empty.`);
  return line;
}

/** A text of at most `limits.secretFileBytes`. Throws `file-unreadable`. */
async function readSecret(source: string | number): Promise<string> {
  const { readLimited } = await import("../../daemon/index.ts");
  const bytes = await readLimited(source, nameOf(source), limits.secretFileBytes);
  if (bytes !== undefined) return new TextDecoder().decode(bytes);
  throw new SottoError(
    "file-unreadable",
    `${nameOf(source)} contains more than ${limits.secretFileBytes} bytes: no passphrase and no ` +
      "recovery phrase is so long.",
  );
}

const nameOf = (source: string | number): string =>
  typeof source === "string" ? `The file ${source}` : `File descriptor ${source}`;

function descriptor(text: string, option: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new SottoError("usage", `${option} needs the number of an open file descriptor.`);
}

export interface WordsOptions {
  readonly wordsFile?: string;
  readonly wordsFd?: string;
}

/**
 * The words in a text, whatever command printed them: in one line, in the numbered table of
 * `sotto words`, or with `--json`. Does not check them.
 */
export function phraseIn(text: string): string {
  if (text.trimStart().startsWith("{")) {
    const { words } = parsedObject(text);
    if (typeof words === "string") return words;
  }
  return text.replaceAll(/(?<=^|\s)\d{1,2}[.)]?(?=\s)/g, " ");
}

function parsedObject(text: string): { readonly words?: unknown } {
  try {
    return JSON.parse(text) as { readonly words?: unknown };
  } catch {
    return {};
  }
}

/** The recovery phrase. Throws `file-unreadable`, and `usage` without a terminal. */
export async function recoveryWords(options: WordsOptions, context: Context): Promise<string> {
  const { wordsFile: file, wordsFd: fd } = options;
  if (file === undefined && fd === undefined) {
    if (context.interactive) return phraseIn(await askSecret("24-word recovery phrase?"));
    throw new SottoError(
      "usage",
      "There is no terminal to ask for the recovery phrase. Use --words-file or --words-fd.",
    );
  }
  return phraseIn(await readSecret(file ?? descriptor(fd ?? "", "--words-fd")));
}

/**
 * The passphrase of a store, from the options or a prompt. `undefined` if no passphrase protects
 * it, or without a terminal; opening the store then throws `passphrase-needed`.
 */
export async function currentPassphrase(
  protection: KeyProtection | undefined,
  options: PassphraseOptions,
  context: Context,
): Promise<string | undefined> {
  if (protection !== "passphrase") return undefined;
  return (await givenPassphrase(options)) ?? askPassphrase(context)?.();
}

/** Prompts for the passphrase; `undefined` without a terminal. */
export function askPassphrase(context: Context): (() => Promise<string>) | undefined {
  return context.interactive ? () => askSecret("Passphrase?") : undefined;
}

/** The new passphrase of the options, or one typed twice with `--passphrase`, or `undefined`. */
export async function chosenPassphrase(
  options: PassphraseOptions & { readonly passphrase?: true },
  context: Context,
): Promise<string | undefined> {
  const given = await givenPassphrase(options);
  if (given === undefined) return options.passphrase ? newPassphrase(context) : undefined;
  return checkedPassphrase(given, context);
}

/** The new passphrase, with a warning if it is weak. Throws `passphrase-weak` if it is refused. */
export function checkedPassphrase(passphrase: string, { out }: Context): string {
  requirePassphrase(passphrase);
  if (passphraseStrength(passphrase) === "weak")
    out.warn(
      "This passphrase is weak: anyone who gets the disk can guess it. Four or more random words " +
        "are better; to change it: sotto passwd.",
    );
  return passphrase;
}

/**
 * A new passphrase, typed twice. Throws `passphrases-differ`, `passphrase-needed`.
 * @param ask prompts for a text that is not shown, until it is not refused.
 */
export async function newPassphrase(context: Context, ask = askSecret): Promise<string> {
  if (!context.interactive)
    throw new SottoError("passphrase-needed", "There is no terminal to ask for a passphrase.");
  const refusal = (typed: string) =>
    passphraseStrength(typed) === "refused" ? tooWeak : undefined;
  const first = checkedPassphrase(await ask("New passphrase?", refusal), context);
  if (first !== (await ask("Repeat the passphrase?")))
    throw new SottoError("passphrases-differ", "The two passphrases are different.");
  return first;
}
