/**
 * A link to one member of a group, as synchronisation and messages use it, and the two ciphers of
 * its frames (docs/SPEC.md, groups): one key a direction, and counters that grow by exactly one.
 */
import { concat, labels, u64, utf8, wipe } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import type { MemberId } from "../../group/index.ts";
import type { Link } from "../../wire/index.ts";

export interface GroupLink {
  readonly member: MemberId;
  /** Of the link's handshake, 32 bytes: digests of the state are made under it. */
  readonly key: Uint8Array;
  /** The member is not in this node's log: only records of the log are taken, and none given. */
  readonly provisional: boolean;
  /** Whether the link accepted the message. */
  send(message: Link): boolean;
  close(): void;
}

/** What the links of a group report. */
export interface GroupLinkEvents<Group> {
  linked(group: Group, link: GroupLink): void;
  received(group: Group, link: GroupLink, message: Link): void;
  ended(group: Group, link: GroupLink): void;
}

const EMPTY = new Uint8Array(0);

/** The frame keys of a link, 32 bytes each, by their Noise roles. */
export interface GroupLinkKeys {
  readonly initiator: Uint8Array;
  readonly responder: Uint8Array;
}

/**
 * The frame keys that follow from a handshake.
 * @param chainingKey 32 bytes, left as it is: the caller erases it.
 * @param hash the handshake hash, 32 bytes.
 */
export function groupLinkKeys(
  crypto: CryptoProvider,
  chainingKey: Uint8Array,
  hash: Uint8Array,
): GroupLinkKeys {
  const info = concat(utf8(labels.groupLinkKeys), hash);
  const keys = crypto.hkdf(EMPTY, chainingKey, info, 64);
  const [initiator, responder] = [keys.slice(0, 32), keys.slice(32)];
  wipe(keys);
  return { initiator, responder };
}

/** The nonce of a counter: 4 zero bytes, then the counter. */
const nonceOf = (counter: number): Uint8Array => concat(new Uint8Array(4), u64(counter));

/** Seals the frames of one direction. Uses no counter twice. */
export class GroupFrameSealer {
  readonly #crypto: CryptoProvider;
  readonly #key: Uint8Array;
  #counter = 0;

  /** @param key 32 bytes, which the sealer owns and erases. */
  constructor(crypto: CryptoProvider, key: Uint8Array) {
    this.#crypto = crypto;
    this.#key = key;
  }

  /** The rest of a frame of type 7: counter 8 ‖ ciphertext ‖ 16. */
  seal(plaintext: Uint8Array): Uint8Array {
    const counter = this.#counter++;
    const sealed = this.#crypto.seal(this.#key, nonceOf(counter), plaintext, EMPTY);
    return concat(u64(counter), sealed);
  }

  /** Nothing is sealed after this. */
  close(): void {
    wipe(this.#key);
  }
}

/** Opens the frames of one direction, each once and in order. */
export class GroupFrameOpener {
  readonly #crypto: CryptoProvider;
  readonly #key: Uint8Array;
  #counter = 0;

  /** @param key 32 bytes, which the opener owns and erases. */
  constructor(crypto: CryptoProvider, key: Uint8Array) {
    this.#crypto = crypto;
    this.#key = key;
  }

  /**
   * The plaintext of the next frame. `undefined` where its counter is not the next one or it was
   * not sealed under the key: the link is to be closed. The state is then unchanged.
   */
  open(frame: Uint8Array): Uint8Array | undefined {
    if (frame.length < 24) return undefined;
    const expected = u64(this.#counter);
    if (expected.some((byte, i) => byte !== frame[i])) return undefined;
    const sealed = frame.subarray(8);
    const plaintext = this.#crypto.open(this.#key, nonceOf(this.#counter), sealed, EMPTY);
    if (plaintext) this.#counter++;
    return plaintext;
  }

  /** Nothing is opened after this. */
  close(): void {
    wipe(this.#key);
  }
}
