/**
 * The channel of a link while its handshake runs: one frame is written or read at a time, and each
 * is traced as a stage. Afterwards it serves the live link, which receives what is left in it.
 */
import { type HostId, limits } from "../../base/index.ts";
import type { Channel, Clock, Log, Proximity } from "../../ports/index.ts";
import { decodeLinkFrame, encodeLinkFrame, type LinkFrame } from "../../wire/index.ts";
import { withTimeout } from "../model/timeout.ts";

/** Who dialed, and so sends the hello. */
export type Side = "dialer" | "listener";

/** The steps of a link's handshake; a resumed session has no Noise messages. */
export type Stage =
  | "hello"
  | "answer"
  | "noise-message-1"
  | "noise-message-2"
  | "noise-message-3"
  | "linked";

export class HandshakeChannel implements Channel {
  readonly #channel: Channel;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #side: Side;
  readonly #startedAt: number;
  #waiting: readonly Uint8Array[] = [];
  /** ms since 1970 when the peer's last step arrived. */
  heardAt: number;

  constructor({ clock, log }: { clock: Clock; log: Log }, channel: Channel, side: Side) {
    this.#channel = channel;
    this.#clock = clock;
    this.#log = log;
    this.#side = side;
    this.#startedAt = clock.now();
    this.heardAt = this.#startedAt;
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

  get subnet(): string {
    return this.#channel.subnet ?? this.#channel.remoteAddress;
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

  /**
   * Logs that a stage is complete, at debug level: its name, our side, ms since the channel was
   * opened, and the network that it came over. Never a key, a PeerId, a name or an address.
   */
  trace(stage: Stage, bytes = 0): void {
    const ms = Math.max(0, this.#clock.now() - this.#startedAt);
    this.#log("link-stage", { stage, side: this.#side, bytes, ms, kind: this.proximity });
  }

  /** Sends the one frame of a stage. @returns `false` where the channel has closed. */
  async write(stage: Stage, frame: LinkFrame): Promise<boolean> {
    const bytes = encodeLinkFrame(frame);
    try {
      await this.#channel.send([bytes]);
    } catch {
      return false;
    }
    this.trace(stage, bytes.length);
    return true;
  }

  /**
   * The next frame, if it has this type and arrives within `limits.stepTimeout`, else `undefined`.
   * The peer is not told why: a refusal looks the same whatever its reason.
   */
  async read<Type extends LinkFrame["type"]>(
    stage: Stage,
    type: Type,
  ): Promise<Extract<LinkFrame, { type: Type }> | undefined> {
    if (this.#waiting.length === 0) {
      const arriving = this.#channel.receive();
      const abort = (): void => this.#channel.abort();
      this.#waiting = (await withTimeout(this.#clock, limits.stepTimeout, arriving, abort)) ?? [];
      this.heardAt = this.#clock.now();
    }
    const [bytes, ...rest] = this.#waiting;
    this.#waiting = rest;
    const frame = bytes && decodeLinkFrame(bytes);
    if (frame?.type !== type) return undefined;
    this.trace(stage, bytes?.length);
    return frame as Extract<LinkFrame, { type: Type }>;
  }

  send(frames: readonly Uint8Array[]): Promise<void> {
    return this.#channel.send(frames);
  }

  /** Frames that arrived together with those of the handshake come first. */
  async receive(): Promise<readonly Uint8Array[]> {
    if (this.#waiting.length === 0) return this.#channel.receive();
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }

  /** Reads and drops frames until the channel closes. */
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
