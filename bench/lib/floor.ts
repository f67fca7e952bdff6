/**
 * The floor under an operation: the primitives that it calls, alone. Which these are is recorded,
 * not guessed. They are given twice: on the operation's own provider, which shows what the
 * protocol's code costs, and bare on node:crypto in the plainest way, which shows what the provider
 * gains or loses.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hash,
  hkdfSync,
  randomBytes,
} from "node:crypto";
import type { CryptoProvider } from "../../src/crypto/index.ts";
import type { Task } from "./measure.ts";

/** The primitives that an operation calls, in order. */
export interface Floor {
  /** Such as "4 hmac, 1 hkdf, 1 sealX, 1 seal". */
  readonly calls: string;
  /** On the provider that was recorded. */
  readonly own: Task;
  /** On node:crypto, where it has the like. */
  readonly bare: Task;
}

/** Runs `operation` once on a recording provider, and gives the calls that it made. */
export function floorOf(
  crypto: CryptoProvider,
  operation: (crypto: CryptoProvider) => unknown,
): Floor {
  const own: Task[] = [];
  const bare: Task[] = [];
  const counts = new Map<string, number>();
  const recording = new Proxy(crypto, {
    get(target, name: keyof CryptoProvider) {
      const member = target[name];
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        // Copies: the operation wipes what it derived.
        const copies = args.map((arg) => (arg instanceof Uint8Array ? arg.slice() : arg));
        own.push(() => Reflect.apply(member, target, copies));
        bare.push(bareCall(name, copies) ?? (() => Reflect.apply(member, target, copies)));
        counts.set(name, (counts.get(name) ?? 0) + 1);
        return Reflect.apply(member, target, args);
      };
    },
  });
  operation(recording);
  return {
    calls: [...counts].map(([name, count]) => `${count} ${name}`).join(", "),
    own: inOrder(own),
    bare: inOrder(bare),
  };
}

const inOrder = (calls: readonly Task[]) => () => {
  for (const call of calls) call();
};

const CHACHA = "chacha20-poly1305";
const TAG = { authTagLength: 16 } as const;

type Bytes = Uint8Array;

function encipher(key: Bytes, nonce: Bytes, plaintext: Bytes, ad: Bytes): Bytes[] {
  const cipher = createCipheriv(CHACHA, key, nonce, TAG);
  cipher.setAAD(ad, { plaintextLength: plaintext.length });
  return [cipher.update(plaintext), cipher.final(), cipher.getAuthTag()];
}

function decipher(key: Bytes, nonce: Bytes, sealed: Bytes, ad: Bytes): Bytes {
  const end = sealed.length - 16;
  const opener = createDecipheriv(CHACHA, key, nonce, TAG);
  opener.setAAD(ad, { plaintextLength: end });
  opener.setAuthTag(sealed.subarray(end));
  const plaintext = opener.update(sealed.subarray(0, end));
  opener.final();
  return plaintext;
}

/** A cipher text that opens, of the length of one that was recorded: a bare call must not fail. */
function sealedLike(key: Bytes, nonce: Bytes, sealed: Bytes, ad: Bytes): Bytes {
  return Buffer.concat(encipher(key, nonce, new Uint8Array(sealed.length - 16), ad));
}

/**
 * One primitive as node:crypto offers it, its inputs made ready beforehand. OpenSSL has no
 * XChaCha20: the floor of those is ChaCha20 with a 12-byte nonce, so it lacks HChaCha20.
 * `undefined` where it has nothing of the kind, such as ML-KEM: then the provider's own call stands
 * in.
 */
function bareCall(name: keyof CryptoProvider, args: readonly unknown[]): Task | undefined {
  const [a, b, c, d] = args as [Bytes, Bytes, Bytes, Bytes];
  switch (name) {
    case "random":
      return () => randomBytes(args[0] as number);
    case "sha256":
      return () => hash("sha256", a, "buffer");
    case "hmac":
      return () => createHmac("sha256", a).update(b).digest();
    case "hkdf":
      return () => hkdfSync("sha256", b, a, c, args[3] as number);
    case "seal":
      return () => encipher(a, b, c, d);
    case "sealX":
      return () => encipher(a, b.subarray(0, 12), c, d);
    case "open": {
      const sealed = sealedLike(a, b, c, d);
      return () => decipher(a, b, sealed, d);
    }
    case "openX": {
      const nonce = b.subarray(0, 12);
      const sealed = sealedLike(a, nonce, c, d);
      return () => decipher(a, nonce, sealed, d);
    }
    case "dhGenerate":
      return () => generateKeyPairSync("x25519");
    case "dh": {
      const ours = x25519Secret();
      const theirs = createPublicKey(x25519Secret());
      return () => diffieHellman({ privateKey: ours, publicKey: theirs });
    }
    default:
      return undefined;
  }
}

/**
 * From a JWK: on Node 20 a key of generateKeyPairSync can hang the process when it is exported
 * later.
 */
function x25519Secret() {
  const d = randomBytes(32).toString("base64url");
  const x = randomBytes(32).toString("base64url");
  return createPrivateKey({ key: { kty: "OKP", crv: "X25519", d, x }, format: "jwk" });
}
