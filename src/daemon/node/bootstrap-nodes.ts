/** The configured bootstrap nodes of a running node: from the settings, the user and invites. */
import * as v from "valibot";
import type { SottoNode } from "../../node/index.ts";
import { bootstrapAddress } from "../settings/validators.ts";

type Origin = "own" | "invite";

/** The PeerId of a bootstrap address. */
const peerIn = (address: string): string => address.slice(address.lastIndexOf("/") + 1);

export class BootstrapNodes {
  readonly #origins = new Map<string, Origin>();
  readonly #node: Pick<SottoNode, "status" | "mayShare">;

  constructor(
    node: Pick<SottoNode, "status" | "mayShare">,
    {
      bootstrap,
      bootstrapInvited,
    }: Readonly<Record<"bootstrap" | "bootstrapInvited", readonly string[]>>,
  ) {
    this.#node = node;
    for (const address of bootstrap)
      this.#origins.set(address, bootstrapInvited.includes(address) ? "invite" : "own");
  }

  all(): (readonly [string, Origin])[] {
    return [...this.#origins];
  }

  has(address: string): boolean {
    return this.#origins.has(address);
  }

  add(address: string, origin: Origin): void {
    this.#origins.set(address, origin);
  }

  remove(address: string): void {
    this.#origins.delete(address);
  }

  /** Their addresses, connected ones first. */
  best(): string[] {
    const connected = new Set(
      this.#node
        .status()
        .bootstrap.flatMap(({ address, state }) => (state === "connected" ? [address] : [])),
    );
    return [...this.#origins.keys()].toSorted(
      (a, b) => Number(connected.has(b)) - Number(connected.has(a)),
    );
  }

  /** The addresses that are shared with contacts. */
  shared(): string[] {
    return this.best().filter((address) => this.#node.mayShare(address));
  }

  /** Whether a bootstrap node shared by a contact may be used: not this node, known, or private. */
  mayAsk(address: string): boolean {
    if (!v.is(bootstrapAddress, address)) return false;
    const peer = peerIn(address);
    const known = [...this.#origins.keys()].some((own) => peerIn(own) === peer);
    return !known && peer !== this.#node.status().host && this.#node.mayShare(address);
  }

  /** Whether all of them were tried and none is connected. */
  areLost(): boolean {
    const states = new Map(this.#node.status().bootstrap.map((node) => [node.address, node]));
    return [...this.#origins.keys()].every((address) => {
      const node = states.get(address);
      return node?.state !== "connected" && node?.error !== undefined;
    });
  }
}
