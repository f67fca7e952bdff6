/** A libp2p stream as a channel of frames: bounded in both directions, and with one way to end. */
import type { Stream, StreamMessageEvent } from "@libp2p/interface";
import { concat, type HostId, limits, SottoError } from "../../base/index.ts";
import type { Channel, Clock, Proximity } from "../../ports/index.ts";
import { encodeFrame, FrameDecoder } from "../../wire/index.ts";
import { deadline } from "../util/deadline.ts";
import { plain } from "../util/plain-bytes.ts";

export interface ChannelOptions
  extends Pick<Channel, "remote" | "remoteAddress" | "outbound" | "proximity" | "ephemeral"> {
  readonly clock: Clock;
  /** Time in ms to the first frame; absent where the peer may be silent. */
  readonly firstFrame?: number;
  /** Time in ms in which a slow reader must take something. */
  readonly drain: number;
  /** Called at each send. */
  readonly onSend?: () => void;
  /** Called once, when the channel has ended. */
  readonly onEnd: () => void;
}

type Receiver = (frames: readonly Uint8Array[]) => void;

export class StreamChannel implements Omit<Channel, "local"> {
  readonly remote: HostId;
  readonly remoteAddress: string;
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
  #heard: () => void = () => undefined;
  /** Bytes of sends that the stream has not taken whole. */
  #unsent = 0;
  #lastSend: Promise<void> = Promise.resolve();
  /** Wakes the send that waits for the peer to read. */
  #interrupt: () => void = () => undefined;

  constructor(stream: Stream, options: ChannelOptions) {
    this.#stream = stream;
    this.#options = options;
    this.remote = options.remote;
    this.remoteAddress = options.remoteAddress;
    this.outbound = options.outbound;
    this.proximity = options.proximity ?? "wan";
    this.ephemeral = options.ephemeral === true;
    // A paused stream still takes what yamux has granted; the default bound would abort it instead.
    stream.maxReadBufferLength = limits.streamWindow;
    if (options.firstFrame !== undefined)
      this.#heard = options.clock.after(options.firstFrame, () => this.abort());
    stream.addEventListener("close", () => this.#onClose());
    stream.addEventListener("end", () => this.#onRemoteEnd());
    stream.addEventListener("message", (event) => this.#onMessage(event));
    if (stream.status !== "open") this.#end();
  }

  async send(frames: readonly Uint8Array[]): Promise<void> {
    if (this.#ended) throw this.#fault("The link has ended.");
    if (this.#unsent > limits.writeQueueBytes) {
      this.abort();
      throw this.#fault("The peer reads too slowly.");
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
   * Groups frames into pieces, so that a batch costs few stream writes and a slow reader is noticed
   * between.
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
    if (this.#ended) throw this.#fault("The link has ended.");
    try {
      if (this.#stream.send(bytes)) return;
    } catch (cause) {
      throw this.#fault("The link has ended.", cause);
    }
    await this.#drained();
  }

  /**
   * Resolves when the stream takes more. Its own `onDrain` resolves at once after the first time,
   * and rejects unheard when the stream closes, so the event is used.
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
          reject(this.#fault("The peer reads too slowly."));
        });
      };
      const look = (): void => {
        if (this.#ended) return;
        if (!stream.writableNeedsDrain) {
          settle();
          resolve();
        } else if (stream.writeBufferLength < left) {
          left = stream.writeBufferLength;
          arm();
        }
      };
      // The stream's own listener came first and goes on sending in a microtask: look after that.
      const onDrain = (): void => queueMicrotask(look);
      this.#interrupt = () => {
        settle();
        reject(this.#fault("The link has ended."));
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
    this.#heard();
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
    // Pausing within `resume` would be undone by its second half, and yamux go on granting window.
    if (this.#resuming || this.#arrived.length < limits.readQueueFrames) return;
    if (this.#stream.readStatus === "readable") this.#stream.pause();
  }

  #resume(): void {
    if (this.#stream.readStatus !== "paused") return;
    this.#resuming = true;
    try {
      this.#stream.resume();
    } catch {
      // The connection went meanwhile; its close event ends the channel.
    }
    this.#resuming = false;
    this.#pauseWhenFull();
  }

  /**
   * The peer will send nothing more: what arrived can still be received, and our half closes too.
   */
  #onRemoteEnd(): void {
    this.#end();
    void this.close();
  }

  #onClose(): void {
    // What was held back while paused arrived before the end: it is taken in first.
    this.#resume();
    this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#heard();
    this.#interrupt();
    for (const receiver of this.#receivers.splice(0)) receiver([]);
    this.#options.onEnd();
  }

  async #close(): Promise<void> {
    const stream = this.#stream;
    await this.#lastSend;
    this.#end();
    const limit = deadline(this.#options.clock, limits.closeTimeout);
    // libp2p rejects with an event where the stream goes first; either way it is closed.
    await stream.close({ signal: limit.signal }).catch(() => undefined);
    // The peer closes its half when it sees ours; who does not is not waited for.
    if (stream.status === "open" || stream.status === "closing")
      await new Promise<void>((resolve) => {
        stream.addEventListener("close", () => resolve(), { once: true });
        limit.signal.addEventListener("abort", () => resolve(), { once: true });
        if (limit.signal.aborted) resolve();
      });
    limit.clear();
    stream.abort(new Error("closed"));
  }

  #fault(message: string, cause?: unknown): SottoError {
    return new SottoError("link-closed", message, { cause });
  }
}
