/**
 * The bootstrap hosts that the person or an invite named, for as long as the node runs; those that
 * contacts named are none of them.
 */
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

  /** Their addresses, those first that are connected. */
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

  /** Those that contacts are told of. */
  shared(): string[] {
    return this.best().filter((address) => this.#node.mayShare(address));
  }

  /**
   * Whether a host that a contact named may be asked: not ourselves, none of these under any
   * address, nothing private.
   */
  mayAsk(address: string): boolean {
    if (!v.is(bootstrapAddress, address)) return false;
    const peer = peerIn(address);
    const ours = [...this.#origins.keys()].some((own) => peerIn(own) === peer);
    return !ours && peer !== this.#node.status().host && this.#node.mayShare(address);
  }

  /** Whether each of them was tried, and none answers. */
  areLost(): boolean {
    const states = new Map(this.#node.status().bootstrap.map((host) => [host.address, host]));
    return [...this.#origins.keys()].every((address) => {
      const host = states.get(address);
      return host?.state !== "connected" && host?.error !== undefined;
    });
  }
}
