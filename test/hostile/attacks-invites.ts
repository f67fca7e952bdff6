/**
 * What a peer does that holds invites of the node: claims without end, and made-up accounts, also
 * under the names and ids of contacts.
 */
import type { Stream } from "@libp2p/interface";
import type { HostId } from "../../src/base/index.ts";
import { accountFromEntropy, certify, nodeCrypto } from "../../src/crypto/index.ts";
import { makeHello, openAnswer, prologue } from "../../src/messenger/link/hello.ts";
import { outboundHelloKey } from "../../src/messenger/model/epoch-keys.ts";
import { endHandshake, initiate, readMessage2, writeMessage3 } from "../../src/ratchet/index.ts";
import {
  decodeLinkFrame,
  encodeFrame,
  encodeHandshakePayload,
  encodeLinkFrame,
  FrameDecoder,
  type LinkFrame,
  parseInvite,
} from "../../src/wire/index.ts";
import type { Attack, Plan } from "./attack.ts";
import { plainHost } from "./attacks-host.ts";
import { dialFrom } from "./raw.ts";

const crypto = nodeCrypto();

/** Frames of one link stream, in both directions. */
function framesOf(stream: Stream) {
  const decoder = new FrameDecoder();
  const arrived: LinkFrame[] = [];
  let wake = (): void => undefined;
  let ended = false;
  stream.addEventListener("message", ({ data }) => {
    const pushed = decoder.push(data.subarray());
    const frames = pushed.kind === "frames" ? pushed.frames : [];
    arrived.push(...frames.flatMap((frame) => decodeLinkFrame(frame) ?? []));
    wake();
  });
  stream.addEventListener("close", () => {
    ended = true;
    wake();
  });
  return {
    send: (frame: LinkFrame) => stream.send(encodeFrame(encodeLinkFrame(frame))),
    async next(): Promise<LinkFrame | undefined> {
      while (arrived.length === 0 && !ended)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      return arrived.shift();
    },
  };
}

/** Names by which an account may be taken for another one, or for something else. */
export function imitations({ account, name }: { account: string; name: string }): string[] {
  return [
    account,
    account.slice(0, 15),
    `${account.slice(0, 16)} x`,
    name,
    name.toUpperCase(),
    name.replace("o", "\u043e"),
    `-${name}`,
    `#${name}`,
    `group:${name}`,
    "you",
  ];
}

/** A hello under the invite with a new claim; then, if it is answered so, a whole handshake. */
async function claim(
  stream: Stream,
  own: HostId,
  plan: Plan,
  secret: Uint8Array,
  name: string,
): Promise<void> {
  const frames = framesOf(stream);
  const key = outboundHelloKey(crypto, { kind: "invite", secret }, Date.now());
  if (key === undefined) return;
  const endpoints = { dialer: own, listener: plan.target.peer as HostId };
  const body = { mode: "handshake", id: crypto.random(32) } as const;
  const hello = makeHello(crypto, key.key, endpoints, body, true);
  frames.send(hello);
  const answer = await frames.next();
  if (answer?.type !== "answer") return;
  const status = openAnswer(crypto, key.key, endpoints, hello, answer)?.status;
  if (status !== "handshake") return;
  const device = crypto.dhGenerate();
  const account = accountFromEntropy(crypto, crypto.random(32));
  const { message1, state } = initiate(crypto, {
    psk: key.psk,
    prologue: prologue(endpoints, hello, answer),
    device,
  });
  try {
    frames.send({ type: "handshake", message: message1 });
    const second = await frames.next();
    if (second?.type !== "handshake") return;
    const read = readMessage2(crypto, state, second.message);
    if (read.kind === "refused") return;
    const certificate = certify(crypto, account, device.public, Date.now());
    const stream16 = crypto.random(16);
    const introduction = { certificate, name, madeAt: 0, stream: stream16 };
    const payload = encodeHandshakePayload({ ...introduction, capabilities: 0 });
    frames.send({
      type: "handshake",
      message: writeMessage3(crypto, read.state, payload).message3,
    });
    await frames.next();
  } finally {
    endHandshake(state);
  }
}

/** Claims the invite from host after host, two at a time on each connection. */
const claims =
  (which: "used" | "reusable", imitates = false): Attack =>
  async (plan) => {
    const { contact } = plan.target;
    const names = imitates && contact ? imitations(contact) : ["made up"];
    const parsed = parseInvite(plan.target.invites?.[which] ?? "");
    if (parsed.kind !== "invite") throw new Error("no invite to attack");
    const { secret } = parsed.invite;
    let [opened, dropped] = [0, 0];
    // Each worker comes once at least, however long that takes: the tests look at what is left.
    const worker = async (first: number): Promise<void> => {
      for (let index = first; index === first || Date.now() < plan.until; index += 4) {
        const host = await plainHost();
        const connection = await dialFrom(host, plan.target, plan.from(index)).catch(
          () => undefined,
        );
        const own = host.peerId.toString() as HostId;
        const knock = async (): Promise<void> => {
          const name = names[opened++ % names.length] ?? "";
          const stream = await connection?.newStream("/sotto/link/1").catch(() => undefined);
          if (stream === undefined) dropped++;
          else await claim(stream, own, plan, secret, name).catch(() => undefined);
        };
        await Promise.all([knock(), knock()]);
        await host.stop();
      }
    };
    await Promise.all([0, 1, 2, 3].map(worker));
    return { opened, dropped };
  };

export const inviteAttacks: Readonly<Record<string, Attack>> = {
  "claims of a used invite": claims("used"),
  "made-up accounts by a reusable invite": claims("reusable"),
  "made-up accounts with the names and ids of a contact": claims("reusable", true),
};
