/**
 * Group links among contacts: the frames of all groups that two contacts share travel on their pair
 * link, sealed under keys of that link. What a frame is about stands inside: group id ‖ message.
 */
import { concat, labels, utf8, wipe } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import { type GroupId, groupId } from "../../group/index.ts";
import {
  decodeGroupLink,
  encodeGroupLink,
  encodeLinkFrame,
  type Link as GroupMessage,
} from "../../wire/index.ts";
import type { Link } from "../model/peer.ts";
import { post } from "../outbox/seal.ts";
import { GroupFrameOpener, GroupFrameSealer } from "./frame-cipher.ts";

const GROUP = 16;
/** Bytes that wait for the stream of a link, beyond which its group links end. */
const POSTING = 4 * 1024 * 1024;
const EMPTY = new Uint8Array(0);

/** A message as received; one of a newer version has no other content here. */
export type Received = Exclude<ReturnType<typeof decodeGroupLink>, undefined>;

export class PairCarrier {
  readonly #link: Link;
  readonly #sealer: GroupFrameSealer;
  readonly #opener: GroupFrameOpener;
  /** Under it states are compared, 32 bytes. */
  readonly key: Uint8Array;

  /** @param theirs the key of the peer's frames, 32 bytes. */
  constructor(crypto: CryptoProvider, link: Link, theirs: Uint8Array) {
    this.#link = link;
    const ours = link.groupKey;
    this.#sealer = new GroupFrameSealer(crypto, frameKey(crypto, ours));
    this.#opener = new GroupFrameOpener(crypto, frameKey(crypto, theirs));
    const both = link.channel.outbound ? concat(ours, theirs) : concat(theirs, ours);
    this.key = crypto.hkdf(EMPTY, both, utf8(labels.groupLinkStates), 32);
    wipe(both, ours, theirs);
  }

  /** @returns whether the link accepted the message. */
  send(group: GroupId, message: GroupMessage): boolean {
    if (this.#link.closed || this.#link.posting > POSTING) return false;
    const plaintext = concat(groupId.bytes(group), encodeGroupLink(message));
    const frame = encodeLinkFrame({ type: "group", message: this.#sealer.seal(plaintext) });
    void post(this.#link, [frame]);
    return true;
  }

  /** The message of the peer's next frame; `undefined` where no honest peer sends it. */
  open(frame: Uint8Array): { readonly group: GroupId; readonly message: Received } | undefined {
    const plaintext = this.#opener.open(frame);
    if (plaintext === undefined || plaintext.length < GROUP) return undefined;
    const group = groupId.from(plaintext.slice(0, GROUP));
    const message = decodeGroupLink(plaintext.subarray(GROUP));
    return message && { group, message };
  }

  close(): void {
    this.#sealer.close();
    this.#opener.close();
    wipe(this.key);
  }
}

/** HKDF("", key of the side, label, 32). */
function frameKey(crypto: CryptoProvider, key: Uint8Array): Uint8Array {
  return crypto.hkdf(EMPTY, key, utf8(labels.groupLinkKeys), 32);
}
