/**
 * A process to be killed: changes a store key's protection forever, and prints each change once it
 * is made.
 */
import { changeProtection, type Protection } from "../../../src/store/index.ts";
import { crypto } from "../fixtures.ts";

const [directory = ""] = process.argv.slice(2);
const cost = { memoryKiB: 8, passes: 1, lanes: 1 };
const keyFile: Protection = { kind: "key-file" };
const passphrase: Protection = { kind: "passphrase", passphrase: "one", cost };

for (let current: string | undefined; ; ) {
  for (const next of [keyFile, passphrase, passphrase, keyFile]) {
    await changeProtection(directory, crypto, current, next);
    current = next.kind === "passphrase" ? next.passphrase : undefined;
    process.stdout.write(`${next.kind}\n`);
  }
}
