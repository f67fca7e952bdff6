/** What a peer that holds a secret of a node gets from it: raw hellos and envelopes. */

import { toHex } from "../../src/base/index.ts";
import { makeHello, openAnswer } from "../../src/messenger/link/hello.ts";
import { sealEnvelope } from "../../src/messenger/link/signalling.ts";
import {
  type EpochSecret,
  lookupKeys,
  outboundHelloKey,
} from "../../src/messenger/model/epoch-keys.ts";
import {
  type AnswerBody,
  decodeLinkFrame,
  encodeEnvelope,
  encodeLinkFrame,
  parseInvite,
  signalPayloadBytes,
} from "../../src/wire/index.ts";
import type { SimNode, World } from "./world.ts";

/** The secret of an invite link. */
export function secretIn(link: string): EpochSecret {
  const parsed = parseInvite(link);
  if (parsed.kind !== "invite") throw new Error("not an invite");
  return { kind: "invite", secret: parsed.invite.secret };
}

/**
 * Dials from a host of its own and says hello with the claim (or position) `id`, 32 bytes.
 * @param by the node to which the watcher counts that host.
 * @returns the status of the answer; `undefined`: silence.
 */
export async function hello(
  { network, crypto, time, homes }: World,
  { host: target }: SimNode,
  secret: EpochSecret,
  id: Uint8Array,
  by?: SimNode,
): Promise<AnswerBody["status"] | undefined> {
  const host = network.host();
  if (by !== undefined) homes.set(host.host, by);
  const key = outboundHelloKey(crypto, secret, time.now());
  if (key === undefined) return undefined;
  const dial = { addresses: target.addresses(), host: target.host };
  const channel = await host.dial(dial, new AbortController().signal);
  const endpoints = { dialer: host.host, listener: target.host };
  const frame = makeHello(crypto, key.key, endpoints, { mode: "handshake", id }, true);
  await channel.send([encodeLinkFrame(frame)]);
  const [bytes] = await channel.receive();
  channel.abort();
  const answer = bytes && decodeLinkFrame(bytes);
  if (answer?.type !== "answer") return undefined;
  return openAnswer(crypto, key.key, endpoints, frame, answer)?.status;
}

/** The same, while the world goes on. */
export async function answered(
  world: World,
  node: SimNode,
  secret: EpochSecret,
  id = world.crypto.random(32),
): Promise<AnswerBody["status"] | undefined> {
  let status: AnswerBody["status"] | undefined | "waiting" = "waiting";
  void hello(world, node, secret, id).then((given) => {
    status = given;
  });
  await world.until("the hello is answered or refused", () => status !== "waiting");
  return status === "waiting" ? undefined : status;
}

/** Whether the node opens, and so answers, an envelope that is sealed under the secret. */
export function opensEnvelope(world: World, { host }: SimNode, secret: EpochSecret): boolean {
  const { crypto, time, network } = world;
  const key = outboundHelloKey(crypto, secret, time.now());
  if (key === undefined) return false;
  const dialer = network.host().host;
  const sealing = { key: key.key, endpoints: { dialer, listener: host.host } };
  const envelope = sealEnvelope(crypto, sealing, new Uint8Array(signalPayloadBytes));
  return host.opens(dialer, encodeEnvelope(envelope)) !== undefined;
}

/** Whether a record is under the inviter's tag of the secret now. */
export function isPublished({ crypto, network, time }: World, secret: EpochSecret): boolean {
  return lookupKeys(crypto, secret, "a", time.now()).some(({ tag }) =>
    network.records.has(toHex(tag)),
  );
}

/** Whether the node publishes under the secret within the next hours. */
export async function publishes(world: World, secret: EpochSecret): Promise<boolean> {
  world.network.records.clear();
  await world.time.pass(3 * 3_600_000);
  return isPublished(world, secret);
}
