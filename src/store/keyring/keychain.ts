/** The keychain of the desktop, which stores secrets for the user who is logged in. */
import { fromHex, SottoError, toHex, wipe } from "../../base/index.ts";
import { macKeychain, secretService, type TextKeychain } from "./keychain-backends.ts";

/**
 * Stores secrets of 32 bytes under names. Each method throws `keychain-missing` and
 * `keychain-locked`.
 */
export interface Keychain {
  get(name: string): Promise<Uint8Array | undefined>;
  set(name: string, secret: Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
}

const SECRET_BYTES = 32;

/** The keychain of this system. Without one, every method throws `keychain-missing`. */
export function systemKeychain(platform: string = process.platform): Keychain {
  const keychain = textKeychainOf(platform);
  return {
    async get(name) {
      const secret = fromHex((await keychain.get(name)) ?? "");
      return secret?.length === SECRET_BYTES ? secret : undefined;
    },
    async set(name, secret) {
      await keychain.set(name, toHex(secret));
      // Not all of these programs report a failure.
      const kept = await this.get(name);
      const same = kept !== undefined && Buffer.compare(kept, secret) === 0;
      if (kept) wipe(kept);
      if (!same) throw new SottoError("keychain-locked", "The keychain did not store the key.");
    },
    remove: (name) => keychain.remove(name),
  };
}

function textKeychainOf(platform: string): TextKeychain {
  if (platform === "linux" || platform === "freebsd") return secretService();
  if (platform === "darwin") return macKeychain();
  const missing = async (): Promise<never> => {
    throw new SottoError("keychain-missing", "The keychain of this system is not supported.");
  };
  return { get: missing, set: missing, remove: missing };
}
