/** A contact that does what it likes with the group frames of its pair links. */
import type { GroupId } from "../../../src/group/index.ts";
import { PairCarrier } from "../../../src/messenger/group/pair-carrier.ts";
import type { Link } from "../../../src/messenger/model/peer.ts";
import type { Link as GroupMessage } from "../../../src/wire/index.ts";
import type { SimNode } from "../../scenario/world.ts";

/** Takes the place of a node's groups on its pair links, from its next start on. */
export class RawCarrier {
  /** What arrived, by the account of the contact. */
  readonly heard: { readonly from: string; readonly message: { readonly kind: string } }[] = [];
  readonly #carriers = new Map<Link, { readonly account: string; readonly carrier: PairCarrier }>();

  constructor(node: SimNode) {
    node.onLoad = ({ groups, context }) => {
      groups.linkReady = ({ contact }, link) => {
        if (link.theirGroupKey === undefined) return;
        const carrier = new PairCarrier(context.crypto, link, link.theirGroupKey);
        this.#carriers.set(link, { account: contact.account, carrier });
      };
      groups.linkEnded = (_, link) => void this.#carriers.delete(link);
      groups.takeFrame = (link, frame) => {
        const one = this.#carriers.get(link);
        const opened = one?.carrier.open(frame);
        if (one && opened) this.heard.push({ from: one.account, message: opened.message });
        return true;
      };
    };
  }

  /** Sends a message to every contact that it has a link with. @returns to how many. */
  send(group: GroupId, message: GroupMessage): number {
    for (const { carrier } of this.#carriers.values()) carrier.send(group, message);
    return this.#carriers.size;
  }

  /** The kinds of what arrived since the last call, each once. */
  take(): string[] {
    const kinds = new Set(this.heard.splice(0).map(({ message }) => message.kind));
    return [...kinds].sort();
  }
}
