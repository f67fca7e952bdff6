/**
 * libp2p's connection upgrade (Noise, yamux) with limits at each step that libp2p does not have.
 */
import { noise } from "@chainsafe/libp2p-noise";
import type { MessageStream, SecuredConnection, StreamMuxerFactory } from "@libp2p/interface";
import { yamux } from "@libp2p/yamux";
import type { Libp2pInit } from "libp2p";
import { limits } from "../../base/index.ts";
import { type Log, silent } from "../../ports/index.ts";
import { reasonOf } from "../connections/dialer.ts";
import { requestAllowance, responseAllowance } from "../util/protocols.ts";
import { limitReads, ReadLimit, requireGreeting } from "./read-limits.ts";

type Protector = ReturnType<NonNullable<Libp2pInit["connectionProtector"]>>;
type Encrypter = ReturnType<NonNullable<Libp2pInit["connectionEncrypters"]>[number]>;
type Components = Parameters<NonNullable<Libp2pInit["connectionProtector"]>>[0];

/** Read limits of connections that have not authenticated a PeerId yet. */
const handshakeLimits = new WeakMap<MessageStream, ReadLimit>();

/** Limits the bytes of a socket from the first one until Noise has authenticated the peer. */
export function boundedHandshake(): Protector {
  return {
    protect: async (connection) => {
      const limit = new ReadLimit({
        isFinal: (line) => line === "/noise",
        allowance: () => ({ total: limits.handshakeBytes }),
      });
      handshakeLimits.set(connection, limit);
      limitReads(connection, limit);
      requireGreeting(connection);
      return connection;
    },
  };
}

/**
 * Noise, and the negotiation of a muxer after it if Noise did not include one.
 * @param prologue what both sides must know beforehand (Noise §6); a peer without it fails at the
 * second message.
 */
export function boundedNoise(
  prologue?: Uint8Array,
  log: Log = silent,
): (components: Components) => Encrypter {
  const create = noise(prologue && { prologueBytes: prologue });
  return (components) => {
    const encrypter = create(components as Parameters<typeof create>[0]) as Encrypter;
    const bound = async (
      side: "dialer" | "listener",
      connection: MessageStream,
      securing: Promise<SecuredConnection>,
    ): Promise<SecuredConnection> => {
      const started = performance.now();
      const stage = (stage: string, reason?: string): void =>
        log("connection-stage", {
          stage,
          side,
          ms: Math.round(performance.now() - started),
          ...(reason !== undefined && { reason }),
        });
      const secured = await securing.catch((error: unknown) => {
        stage("noise-failed", reasonOf(error));
        throw error;
      });
      stage("noise");
      handshakeLimits.get(connection)?.release();
      if (secured.streamMuxer === undefined)
        limitReads(
          secured.connection,
          new ReadLimit({ isFinal: (line) => line === "/yamux/1.0.0", allowance: () => ({}) }),
        );
      return secured;
    };
    const secureInbound = encrypter.secureInbound.bind(encrypter);
    const secureOutbound = encrypter.secureOutbound.bind(encrypter);
    encrypter.secureInbound = (connection, options) =>
      bound("listener", connection, secureInbound(connection, options));
    encrypter.secureOutbound = (connection, options) =>
      bound("dialer", connection, secureOutbound(connection, options));
    return encrypter;
  };
}

/** Internals of yamux's muxer. */
interface Muxer {
  onData(data: unknown): void;
  handleFrame(frame: { readonly header: Header }): void;
  onRemoteStream(stream: MuxedStream): void;
  onCreateStream(options: object): MuxedStream;
  readonly streams: readonly MuxedStream[];
  readonly decoder: {
    readonly buffer: { readonly byteLength: number; subarray(a: number, b: number): Uint8Array };
  };
}

interface Header {
  readonly type: number;
  readonly flag: number;
  readonly streamID: number;
  readonly length: number;
}

interface MuxedStream {
  readonly streamId: number;
}

const HEADER = 12;
const DATA = 0;
const SYN = 1;

/**
 * yamux with limits on frame sizes, opened streams, unread output, and the bytes of each stream.
 */
export function boundedYamux(): (components: Components) => StreamMuxerFactory {
  const create = yamux({
    maxInboundStreams: limits.streamsPerConnection,
    maxOutboundStreams: limits.streamsPerConnection,
    streamOptions: {
      maxStreamWindowSize: limits.streamWindow,
      maxReadBufferLength: limits.streamReadBuffer,
    },
  });
  return (components) => {
    const factory = create();
    const createStreamMuxer = factory.createStreamMuxer.bind(factory);
    const isServed = (protocol: string): boolean =>
      components.registrar.getProtocols().includes(protocol);
    factory.createStreamMuxer = (connection) => {
      const muxer = createStreamMuxer(connection);
      // Responses that the peer requests and does not read would pile up here.
      connection.maxWriteBufferLength = limits.connectionBacklog;
      limitFrames(muxer as unknown as Muxer);
      limitStreams(muxer as unknown as Muxer, isServed);
      return muxer;
    };
    return factory;
  };
}

/** Checks frames as they arrive. An exception here closes the connection. */
function limitFrames(muxer: Muxer): void {
  const onData = muxer.onData.bind(muxer);
  const handleFrame = muxer.handleFrame.bind(muxer);
  let openings = 0;
  let stray = 0;
  let second = 0;
  muxer.onData = (data) => {
    onData(data);
    // The rest is a partial frame, whose length yamux checks only once the frame is complete.
    const { buffer } = muxer.decoder;
    if (buffer.byteLength < HEADER) return;
    const [a = 0, b = 0, c = 0, d = 0] = buffer.subarray(HEADER - 4, HEADER);
    if (((a * 256 + b) * 256 + c) * 256 + d > limits.streamWindow)
      throw new Error("frame larger than any window");
  };
  muxer.handleFrame = (frame) => {
    const { type, flag, streamID, length } = frame.header;
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) [second, openings, stray] = [now, 0, 0];
    // Pings have this flag too.
    if ((flag & SYN) !== 0 && ++openings > limits.streamsOpenedPerSecond)
      throw new Error("too many streams or pings");
    if (type === DATA && (flag & SYN) === 0) {
      const known = muxer.streams.some((stream) => stream.streamId === streamID);
      if (!known) stray += length + 1024;
      if (stray > limits.strayBytes) throw new Error("too many bytes for closed streams");
    }
    handleFrame(frame);
  };
}

/** Sets a read limit on every stream. */
function limitStreams(muxer: Muxer, isServed: (protocol: string) => boolean): void {
  const onRemoteStream = muxer.onRemoteStream.bind(muxer);
  const onCreateStream = muxer.onCreateStream.bind(muxer);
  muxer.onRemoteStream = (stream) => {
    limitReads(stream, new ReadLimit({ isFinal: isServed, allowance: requestAllowance }));
    onRemoteStream(stream);
  };
  muxer.onCreateStream = (options) => {
    const stream = onCreateStream(options);
    // libp2p resets the stream if the peer answers with another protocol than the one requested.
    limitReads(
      stream,
      new ReadLimit({ isFinal: (line) => line.startsWith("/"), allowance: responseAllowance }),
    );
    return stream;
  };
}
