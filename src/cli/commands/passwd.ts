/** `sotto passwd`: changes how the database key is protected, with or without a running node. */
import type { KeyProtection, NewKeyProtection } from "../../api/index.ts";
import { SottoError } from "../../base/index.ts";
import { protectionText } from "../format/format.ts";
import type { Context, Define } from "../runtime/context.ts";
import {
  checkedPassphrase,
  currentPassphrase,
  givenSecret,
  newPassphrase,
  type PassphraseOptions,
  passphraseOptions,
} from "../runtime/secrets.ts";

interface Options extends PassphraseOptions {
  readonly newPassphraseFile?: string;
  readonly newPassphraseFd?: string;
  readonly keyFile?: true;
  readonly keychain?: true;
}

export const define: Define = (command, context) => {
  passphraseOptions(command)
    .option("--new-passphrase-file <file>", "read the new passphrase from a file")
    .option("--new-passphrase-fd <number>", "read the new passphrase from a file descriptor")
    .option("--keychain", "protect the database key with the system keychain")
    .option("--key-file", "keep the database key in a file, without a passphrase")
    .action((options: Options) => passwd(options, context));
};

async function passwd(options: Options, context: Context): Promise<void> {
  const { out, paths } = context;
  const wanted = await given(options);
  if (wanted?.kind === "passphrase") checkedPassphrase(wanted.passphrase, context);
  if (wanted === undefined && !context.interactive)
    throw new SottoError(
      "usage",
      "There is no terminal to ask for a passphrase. Use --new-passphrase-file, --keychain or " +
        "--key-file.",
    );
  const node = await context.nodeIfAny();
  const { protectHome, readProtectionOf } = await import("../../daemon/index.ts");
  const protection = node
    ? (await node.call("node.state", {})).protection
    : await readProtectionOf(paths.home);
  if (protection === undefined)
    throw new SottoError("no-account", "There is no account in this home directory.");
  const current = await currentPassphrase(protection, options, context);
  const next: NewKeyProtection = wanted ?? {
    kind: "passphrase",
    passphrase: await newPassphrase(context),
  };
  if (node) await node.call("store.protect", { current, next });
  else await protectHome({ home: paths.home, current, next });
  const changed: { readonly home: string; readonly protection: KeyProtection } = {
    home: paths.home,
    protection: next.kind,
  };
  out.data(`✓ the database key is now protected by ${protectionText(next.kind)}`, changed);
  if (next.kind === "passphrase")
    out.say(
      "Without the passphrase the store cannot be opened. Keep your recovery phrase: sotto words",
    );
}

/** The protection that the options choose; `undefined`: ask for a passphrase. */
async function given(options: Options): Promise<NewKeyProtection | undefined> {
  const passphrase = await givenSecret(
    options.newPassphraseFile,
    options.newPassphraseFd,
    "--new-passphrase-fd",
  );
  const chosen: NewKeyProtection[] = [
    ...(passphrase === undefined ? [] : [{ kind: "passphrase" as const, passphrase }]),
    ...(options.keyFile ? [{ kind: "key-file" as const }] : []),
    ...(options.keychain ? [{ kind: "keychain" as const }] : []),
  ];
  if (chosen.length > 1)
    throw new SottoError(
      "usage",
      "Choose one of --new-passphrase-file, --new-passphrase-fd, --key-file and --keychain.",
    );
  return chosen[0];
}
