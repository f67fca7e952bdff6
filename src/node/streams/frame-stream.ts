/** A libp2p stream as a channel of frames, with bounded queues in both directions. */
import type { Stream, StreamMessageEvent } from "@libp2p/interface";
import { concat, type HostId, limits, SottoError } from "../../base/index.ts";
import type { Channel, Clock, Proximity } from "../../ports/index.ts";
import { encodeFrame, FrameDecoder } from "../../wire/index.ts";
import { deadline } from "../util/deadline.ts";
import { plain } from "../util/plain-bytes.ts";

/** What a channel is created with. */
export interface ChannelOptions
  extends Pick<
    Channel,
    "remote" | "remoteAddress" | "subnet" | "outbound" | "proximity" | "ephemeral"
  > {
  readonly clock: Clock;
  /** Time in ms for the peer's first frame; absent if the peer may stay silent. */
  readonly firstFrame?: number;
  /** Time in ms within which a slow reader must read something. */
  readonly drain: number;
  /** Called at each send. */
  readonly onSend?: () => void;
  /** Called once, when the channel has ended. */
  readonly onEnd: () => void;
}

type Receiver = (frames: readonly Uint8Array[]) => void;

/** Implements `Channel` without `local`, which its subclass adds. */
export class StreamChannel implements Omit<Channel, "local"> {
  readonly remote: HostId;
  readonly remoteAddress: string;
  readonly subnet: string;
  readonly outbound: boolean;
  readonly proximity: Proximity;
  readonly ephemeral: boolean;
  readonly #stream: Stream;
  readonly #options: ChannelOptions;
  readonly #decoder = new FrameDecoder();
  #arrived: Uint8Array[] = [];
  #receivers: Receiver[] = [];
  #resuming = false;
  #ended = false;
  #closing: Promise<void> | undefined;
  #cancelFirstFrame: () => void = () => undefined;
  /** Bytes of sends in progress. */
  #unsent = 0;
  #lastSend: Promise<void> = Promise.resolve();
  /** Rejects the send that waits for the peer to read. */
  #interrupt: () => void = () => undefined;

  constructor(stream: Stream, options: ChannelOptions) {
    this.#stream = stream;
    this.#options = options;
    this.remote = options.remote;
    this.remoteAddress = options.remoteAddress;
    this.subnet = options.subnet ?? options.remoteAddress;
    this.outbound = options.outbound;
    this.proximity = options.proximity ?? "wan";
    this.ephemeral = options.ephemeral === true;
    // A paused stream still receives what yamux has granted; the default limit would reset it.
    stream.maxReadBufferLength = limits.streamWindow;
    if (options.firstFrame !== undefined)
      this.#cancelFirstFrame = options.clock.after(options.firstFrame, () => this.abort());
    stream.addEventListener("close", () => this.#onClose());
    stream.addEventListener("end", () => this.#onRemoteEnd());
    stream.addEventListener("message", (event) => this.#onMessage(event));
    if (stream.status !== "open") this.#end();
  }

  async send(frames: readonly Uint8Array[]): Promise<void> {
    if (this.#ended) throw this.#closedError("The link is closed.");
    if (this.#unsent > limits.writeQueueBytes) {
      this.abort();
      throw this.#closedError("The peer reads too slowly.");
    }
    this.#options.onSend?.();
    const encoded = frames.map(encodeFrame);
    const size = encoded.reduce((sum, { length }) => sum + length, 0);
    this.#unsent += size;
    const mine = this.#lastSend.then(() => this.#write(encoded));
    this.#lastSend = mine.catch(() => undefined);
    try {
      await mine;
    } finally {
      this.#unsent -= size;
    }
  }

  receive(): Promise<readonly Uint8Array[]> {
    if (this.#arrived.length > 0) {
      const frames = this.#arrived;
      this.#arrived = [];
      this.#resume();
      return Promise.resolve(frames);
    }
    if (this.#ended) return Promise.resolve([]);
    return new Promise((resolve) => this.#receivers.push(resolve));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  abort(): void {
    this.#arrived = [];
    this.#end();
    this.#stream.abort(new Error("aborted"));
  }

  /**
   * Writes frames in pieces, so that a batch needs few stream writes and a slow reader is noticed
   * in between.
   */
  async #write(encoded: readonly Uint8Array[]): Promise<void> {
    let piece: Uint8Array[] = [];
    let size = 0;
    for (const [index, frame] of encoded.entries()) {
      piece.push(frame);
      size += frame.length;
      if (size < limits.writeChunk && index < encoded.length - 1) continue;
      await this.#writePiece(concat(...piece));
      piece = [];
      size = 0;
    }
  }

  async #writePiece(bytes: Uint8Array): Promise<void> {
    if (this.#ended) throw this.#closedError("The link is closed.");
    try {
      if (this.#stream.send(bytes)) return;
    } catch (cause) {
      throw this.#closedError("The link is closed.", cause);
    }
    await this.#drained();
  }

  /**
   * Resolves when the stream accepts more. libp2p's own `onDrain` resolves at once after the first
   * time, and rejects without a handler when the stream closes; so listen to the event.
   */
  #drained(): Promise<void> {
    const stream = this.#stream;
    return new Promise((resolve, reject) => {
      let left = stream.writeBufferLength;
      let cancel = (): void => undefined;
      const settle = (): void => {
        cancel();
        stream.removeEventListener("drain", onDrain);
        this.#interrupt = () => undefined;
      };
      const arm = (): void => {
        cancel();
        cancel = this.#options.clock.after(this.#options.drain, () => {
          settle();
          this.abort();
          reject(this.#closedError("The peer reads too slowly."));
        });
      };
      const check = (): void => {
        if (this.#ended) return;
        if (!stream.writableNeedsDrain) {
          settle();
          resolve();
        } else if (stream.writeBufferLength < left) {
          left = stream.writeBufferLength;
          arm();
        }
      };
      // The stream's own listener ran first and continues sending in a microtask: check after that.
      const onDrain = (): void => queueMicrotask(check);
      this.#interrupt = () => {
        settle();
        reject(this.#closedError("The link is closed."));
      };
      stream.addEventListener("drain", onDrain);
      arm();
    });
  }

  #onMessage({ data }: StreamMessageEvent): void {
    if (this.#ended) return;
    const pushed = this.#decoder.push(plain(data.subarray()));
    if (pushed.kind === "refused") this.abort();
    if (pushed.kind === "refused" || pushed.frames.length === 0) return;
    this.#cancelFirstFrame();
    const [receiver, ...others] = this.#receivers;
    if (receiver !== undefined && this.#arrived.length === 0) {
      this.#receivers = others;
      receiver(pushed.frames);
      return;
    }
    for (const frame of pushed.frames) this.#arrived.push(frame);
    this.#pauseWhenFull();
  }

  #pauseWhenFull(): void {
    // Pausing inside `resume` would be undone by its second half, and yamux would keep granting
    // window.
    if (this.#resuming || this.#arrived.length < limits.readQueueFrames) return;
    if (this.#stream.readStatus === "readable") this.#stream.pause();
  }

  #resume(): void {
    if (this.#stream.readStatus !== "paused") return;
    this.#resuming = true;
    try {
      this.#stream.resume();
    } catch {
      // The connection has closed in the meantime; its close event ends the channel.
    }
    this.#resuming = false;
    this.#pauseWhenFull();
  }

  /** The peer sends nothing more: received frames can still be read, and our half closes too. */
  #onRemoteEnd(): void {
    this.#end();
    void this.close();
  }

  #onClose(): void {
    // Frames held back while paused arrived before the end: deliver them first.
    this.#resume();
    this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelFirstFrame();
    this.#interrupt();
    for (const receiver of this.#receivers.splice(0)) receiver([]);
    this.#options.onEnd();
  }

  async #close(): Promise<void> {
    const stream = this.#stream;
    await this.#lastSend;
    this.#end();
    const limit = deadline(this.#options.clock, limits.closeTimeout);
    // libp2p rejects with an event if the stream ends first; either way it is closed.
    await stream.close({ signal: limit.signal }).catch(() => undefined);
    // The peer closes its half when it sees ours; wait for that until the deadline only.
    if (stream.status === "open" || stream.status === "closing")
      await new Promise<void>((resolve) => {
        stream.addEventListener("close", () => resolve(), { once: true });
        limit.signal.addEventListener("abort", () => resolve(), { once: true });
        if (limit.signal.aborted) resolve();
      });
    limit.clear();
    stream.abort(new Error("closed"));
  }

  #closedError(message: string, cause?: unknown): SottoError {
    return new SottoError("link-closed", message, { cause });
  }
}
