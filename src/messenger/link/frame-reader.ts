/**
 * A channel that can be read frame by frame, for the steps before the link's own loop takes over.
 */
import { type HostId, limits } from "../../base/index.ts";
import type { Channel, Clock, Proximity } from "../../ports/index.ts";
import { decodeLinkFrame, encodeLinkFrame, type LinkFrame } from "../../wire/index.ts";
import { withTimeout } from "../model/timeout.ts";

export class BufferedChannel implements Channel {
  readonly #channel: Channel;
  readonly #clock: Clock;
  #waiting: readonly Uint8Array[] = [];
  /** ms since 1970 when a step of the peer's last arrived. */
  heardAt: number;

  constructor(channel: Channel, clock: Clock) {
    this.#channel = channel;
    this.#clock = clock;
    this.heardAt = clock.now();
  }

  get local(): HostId {
    return this.#channel.local;
  }

  get draining(): boolean {
    return this.#channel.draining === true;
  }

  get remote(): HostId {
    return this.#channel.remote;
  }

  get remoteAddress(): string {
    return this.#channel.remoteAddress;
  }

  get proximity(): Proximity {
    return this.#channel.proximity ?? "wan";
  }

  get ephemeral(): boolean {
    return this.#channel.ephemeral === true;
  }

  get outbound(): boolean {
    return this.#channel.outbound;
  }

  send(frames: readonly Uint8Array[]): Promise<void> {
    return this.#channel.send(frames);
  }

  /** What arrived behind the frames that were taken one by one comes first. */
  async receive(): Promise<readonly Uint8Array[]> {
    if (this.#waiting.length === 0) return this.#channel.receive();
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }

  /**
   * The next frame if it is of this type and comes in time, else `undefined`.
   * Nothing is sent to say why: a refusal looks the same whatever its reason.
   */
  async expect<Type extends LinkFrame["type"]>(
    type: Type,
  ): Promise<Extract<LinkFrame, { type: Type }> | undefined> {
    if (this.#waiting.length === 0) {
      const arriving = this.#channel.receive();
      const give = (): void => this.#channel.abort();
      this.#waiting = (await withTimeout(this.#clock, limits.stepTimeout, arriving, give)) ?? [];
      this.heardAt = this.#clock.now();
    }
    const [bytes, ...rest] = this.#waiting;
    this.#waiting = rest;
    const frame = bytes && decodeLinkFrame(bytes);
    return frame?.type === type ? (frame as Extract<LinkFrame, { type: Type }>) : undefined;
  }

  /** Sends one frame; `false` where the channel has ended. */
  async say(frame: LinkFrame): Promise<boolean> {
    try {
      await this.#channel.send([encodeLinkFrame(frame)]);
      return true;
    } catch {
      return false;
    }
  }

  /** Reads and forgets what comes, until the channel ends. */
  async drain(): Promise<void> {
    while ((await this.receive()).length > 0);
  }

  close(): Promise<void> {
    return this.#channel.close();
  }

  abort(): void {
    this.#channel.abort();
  }
}
