import { sodiumCrypto } from "./libsodium-provider.ts";
import { nodeCrypto } from "./openssl-provider.ts";
import type { CryptoProvider, Rng } from "./provider.ts";

/**
 * The quickest provider that this installation has: libsodium where its optional package is there,
 * OpenSSL otherwise. All of them give the same bytes for the same inputs; `engine` says which one
 * it is. Never throws.
 * @param random where keys come from; the system's generator unless a simulator gives its own.
 */
export async function bestCrypto(random?: Rng): Promise<CryptoProvider> {
  return (await sodiumCrypto(random)) ?? nodeCrypto(random);
}
