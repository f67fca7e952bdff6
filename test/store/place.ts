/** Directories of their own for stores under test. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeCrypto } from "../../src/crypto/index.ts";
import { type Store, silent } from "../../src/ports/index.ts";
import { openStore } from "../../src/store/index.ts";
import type { StorePlace } from "../suites/store.ts";

export const crypto = nodeCrypto();
export const testKey: Uint8Array = new Uint8Array(32).fill(7);

export function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), "sotto-store-"));
}

export function openAt(directory: string, key: Uint8Array = testKey): Promise<Store> {
  return openStore({ directory, key, crypto, log: silent });
}

/** A store on the disk, in a directory of its own. */
export function levelPlace(): StorePlace & { readonly directory: string } {
  const directory = temporaryDirectory();
  const opened: Store[] = [];
  return {
    directory,
    async open() {
      const store = await openAt(directory);
      opened.push(store);
      return store;
    },
    async remove() {
      await Promise.all(opened.map((store) => store.close()));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
