/** Files that a person picks as a backup: refused with a code, or read as what they say. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { concat, SottoError } from "../../../src/base/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { openBackup, sealBackup } from "../../../src/messenger/account/backup.ts";
import { checksum } from "../../../src/wire/crc32.ts";
import {
  type Backup,
  backupHead,
  decodeBackup,
  encodeBackup,
  joinBackup,
  partBackup,
} from "../../../src/wire/index.ts";
import { backups } from "../../messenger/account/backups.ts";
import { counted, type Target } from "./target.ts";

const crypto = nodeCrypto(counted());
const entropy = crypto.random(32);
const some = fc.sample(backups, { numRuns: 4, seed: 5 });
const nobody: Backup = { madeAt: 1, name: "a", contacts: [], invites: [], bootstrap: [] };
const whole = sealBackup(crypto, entropy, some[0] ?? nobody);

/** The input is the JSON that the words' holder sealed. */
const contents: Target = {
  name: "backup",
  seeds: [nobody, ...some].map(encodeBackup),
  run(input) {
    const value = decodeBackup(input);
    if (value !== undefined) assert.deepEqual(decodeBackup(encodeBackup(value)), value);
  },
};

/** The file, as it is and under a checksum that fits. */
const files: Target = {
  name: "backup-file",
  seeds: [
    whole,
    whole.slice(0, 100),
    joinBackup(backupHead(4, crypto.random(32), crypto.random(16)), crypto.random(20)),
  ],
  run(input) {
    const body = input.slice(0, Math.max(0, input.length - 4));
    for (const file of [input, concat(body, checksum(body))]) {
      const parted = partBackup(file);
      if (parted.kind === "parts")
        assert.deepEqual(joinBackup(parted.head, parted.sealed), Uint8Array.from(file));
      try {
        openBackup(crypto, entropy, file);
        assert.equal(Buffer.compare(file, whole), 0);
      } catch (error) {
        if (!(error instanceof SottoError)) throw error;
        assert.match(error.code, /^backup-(?:malformed|damaged|newer|foreign)$/);
      }
    }
  },
};

export const backupTargets: readonly Target[] = [contents, files];
