/**
 * The primitives alone, at the sizes that the ratchet uses, on each engine that this installation
 * has. A ratio above 1 means that the quickest engine takes less than this one.
 */
import { type CryptoProvider, nobleCrypto, nodeCrypto, sodiumCrypto } from "../src/crypto/index.ts";
import { medians, type Task } from "./lib/measure.ts";
import { printRows, readable } from "./lib/table.ts";

/** A header is 44 bytes under 32 of associated data, a body's associated data is 142 bytes. */
const HEADER = 44;
const AD = 142;

function tasks(crypto: CryptoProvider): Record<string, Task> {
  const [key, nonce, long] = [crypto.random(32), crypto.random(12), crypto.random(24)];
  const ad = crypto.random(AD);
  const header = crypto.random(HEADER);
  const sealedHeader = crypto.sealX(key, long, header, ad);
  const one = Uint8Array.of(1);
  const [ours, theirs] = [crypto.dhGenerate(), crypto.dhGenerate()];
  const signer = crypto.signingFromSeed(key);
  const signature = crypto.sign(signer, ad);
  const kem = crypto.kemGenerate();
  const ciphertext = crypto.kemEncapsulate(kem.public)?.ciphertext ?? one;
  const bodies = [100, 1024, 16_384].flatMap((length): [string, Task][] => {
    const body = crypto.random(length);
    const sealed = crypto.seal(key, nonce, body, ad);
    return [
      [`seal ${length} B`, () => crypto.seal(key, nonce, body, ad)],
      [`open ${length} B`, () => crypto.open(key, nonce, sealed, ad)],
    ];
  });
  return {
    [`sealX ${HEADER} B`]: () => crypto.sealX(key, long, header, ad),
    [`openX ${HEADER} B`]: () => crypto.openX(key, long, sealedHeader, ad),
    ...Object.fromEntries(bodies),
    "hmac 1 B": () => crypto.hmac(key, one),
    "hkdf to 32 B": () => crypto.hkdf(key, key, nonce, 32),
    "hkdf to 96 B": () => crypto.hkdf(key, key, nonce, 96),
    "X25519, new pair": () => crypto.dhGenerate(),
    X25519: () => crypto.dh(ours, theirs.public),
    "Ed25519, sign": () => crypto.sign(signer, ad),
    "Ed25519, verify": () => crypto.verify(signer.public, ad, signature),
    "ML-KEM-768, new pair": () => crypto.kemGenerate(),
    "ML-KEM-768, encapsulate": () => crypto.kemEncapsulate(kem.public),
    "ML-KEM-768, decapsulate": () => crypto.kemDecapsulate(kem, ciphertext),
  };
}

const sodium = await sodiumCrypto();
if (sodium === undefined) process.stdout.write("libsodium-sumo is not installed\n");
const engines = [...(sodium ? [sodium] : []), nodeCrypto(), nobleCrypto()];
const all = engines.map((crypto) => tasks(crypto));
const rows: string[][] = [];
for (const name of Object.keys(all[0] ?? {})) {
  const taken = await medians(
    Object.fromEntries(
      engines.map((crypto, at) => [crypto.name, all[at]?.[name] ?? (() => undefined)]),
    ),
    { time: 80 },
  );
  const values = engines.map((crypto) => taken[crypto.name] ?? Number.NaN);
  const best = values[0] ?? Number.NaN;
  rows.push([
    name,
    ...values.map(readable),
    ...values.slice(1).map((value) => `${(value / best).toFixed(2)}×`),
  ]);
}
printRows(`Primitives, µs (${engines.map(({ engine }) => engine).join("; ")})`, [
  [
    "",
    ...engines.map(({ name }) => name),
    ...engines.slice(1).map(({ name }) => `${name} / ${engines[0]?.name}`),
  ],
  ...rows,
]);
