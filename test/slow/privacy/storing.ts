/**
 * A server of both DHTs in this process, which stores what it is given and lets a test see every
 * request.
 */
import { generateKeyPair } from "@libp2p/crypto/keys";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { RecordValidator } from "../../../src/dht/index.ts";
import { applyPolyfill } from "../../../src/node/create.ts";
import { tagOf } from "../../../src/node/dht/kademlia.ts";
import {
  type CreatedHost,
  createHost,
  nodeConnectionLimits,
} from "../../../src/node/host/libp2p-host.ts";
import { defaultTuning } from "../../../src/node/model/config.ts";
import { type Clock, silent } from "../../../src/ports/index.ts";

interface Rpc {
  handleMessage(
    peer: unknown,
    message: { readonly type: string; readonly key?: Uint8Array },
  ): unknown;
}

/** @param heard is given each request, and the tag that it puts a record under, if it does. */
export async function storingNode(
  clock: Clock,
  heard: (message: unknown, put: Uint8Array | undefined) => void,
): Promise<CreatedHost> {
  applyPolyfill();
  const node = await createHost({
    privateKey: await generateKeyPair("Ed25519"),
    listen: ["/ip4/127.0.0.1/tcp/0"],
    announce: [],
    privateWan: true,
    wanServer: true,
    connectionLimits: nodeConnectionLimits,
    validator: new RecordValidator(nodeCrypto().verify, () => clock.now()),
    clock,
    log: silent,
    tuning: { ...defaultTuning, inboundPerSecondPerIp: Number.POSITIVE_INFINITY },
  });
  const { lan, wan } = node.host.services;
  for (const { rpc } of [lan, wan] as unknown as { readonly rpc: Rpc }[]) {
    const handle = rpc.handleMessage.bind(rpc);
    rpc.handleMessage = (peer, message) => {
      const { type, key } = message;
      heard(message, type === "PUT_VALUE" && key ? tagOf(Uint8Array.from(key)) : undefined);
      return handle(peer, message);
    };
  }
  await node.host.start();
  return node;
}
