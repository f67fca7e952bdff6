/** sotto passwd: chooses what guards the store, whether a node runs or not. */
import type { Guard, NewGuard } from "../../api/index.ts";
import { SottoError } from "../../base/index.ts";
import { protectionText } from "../format/format.ts";
import type { Context, Define } from "../runtime/context.ts";
import {
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
    .option("--new-passphrase-fd <number>", "read the new passphrase from a descriptor")
    .option("--keychain", "guard the store with the keychain of your desktop")
    .option("--key-file", "guard the store with a file beside it, and no passphrase")
    .action((options: Options) => passwd(options, context));
};

async function passwd(options: Options, context: Context): Promise<void> {
  const { out, paths } = context;
  const wanted = given(options);
  if (wanted === undefined && !context.interactive)
    throw new SottoError(
      "usage",
      "There is no terminal to ask for a passphrase: use --new-passphrase-file, " +
        "--keychain or --key-file.",
    );
  const node = await context.nodeIfAny();
  const { protectHome, readProtectionOf } = await import("../../daemon/index.ts");
  const guard = node
    ? (await node.call("node.state", {})).protection
    : await readProtectionOf(paths.home);
  if (guard === undefined) throw new SottoError("no-account", "There is no account here yet.");
  const current = await currentPassphrase(guard, options, context);
  const next: NewGuard = wanted ?? {
    kind: "passphrase",
    passphrase: await newPassphrase(context),
  };
  if (node) await node.call("store.protect", { current, next });
  else await protectHome({ home: paths.home, current, next });
  const changed: { readonly home: string; readonly protection: Guard } = {
    home: paths.home,
    protection: next.kind,
  };
  out.data(`✓ the store is guarded by ${protectionText(next.kind)} now`, changed);
  if (next.kind === "passphrase")
    out.say("Without it nobody opens the store: keep your recovery words too (sotto words).");
}

/**
 * What the options say is to guard the store; `undefined` where the person is to be asked for a
 * passphrase.
 */
function given(options: Options): NewGuard | undefined {
  const passphrase = givenSecret(
    options.newPassphraseFile,
    options.newPassphraseFd,
    "--new-passphrase-fd",
  );
  const guards: NewGuard[] = [
    ...(passphrase === undefined ? [] : [{ kind: "passphrase" as const, passphrase }]),
    ...(options.keyFile ? [{ kind: "key-file" as const }] : []),
    ...(options.keychain ? [{ kind: "keychain" as const }] : []),
  ];
  if (guards.length > 1)
    throw new SottoError("usage", "One thing guards the store: choose one of the options.");
  return guards[0];
}
