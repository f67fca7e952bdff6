/** A caller that proved to know us, and the callee's side of the handshake with it. */
import { readMessage3, respond, writeMessage2 } from "../../ratchet/index.ts";
import type { AnswerBody, AnswerFrame, HelloBody, HelloFrame } from "../../wire/index.ts";
import type { HelloKey } from "../model/epoch-keys.ts";
import { allowed } from "../model/link-policy.ts";
import type { Peer } from "../model/peer.ts";
import type { Context } from "../state/context.ts";
import type { Invites } from "../state/invites.ts";
import type { BufferedChannel } from "./frame-reader.ts";
import { type LinkEndpoints, makeAnswer, prologue } from "./hello.ts";
import { introduce, readIntroduction } from "./introduction.ts";

export interface ResponderHandshake {
  readonly context: Context;
  readonly invites: Invites;
  readonly channel: BufferedChannel;
  readonly ends: LinkEndpoints;
  readonly hello: HelloFrame;
  readonly body: HelloBody;
  /** Told when a link made here is over. */
  readonly lost: (peer: Peer) => void;
}

export async function say(
  visit: ResponderHandshake,
  key: HelloKey,
  body: AnswerBody,
): Promise<AnswerFrame | undefined> {
  const frame = makeAnswer(visit.context.crypto, key.key, visit.ends, visit.hello, body);
  return (await visit.channel.say(frame)) ? frame : undefined;
}

export /** -> psk, e, e1   <- e, ee, ekem1, s, es   -> s, se */
async function respondTo(
  visit: ResponderHandshake,
  key: HelloKey,
  frame: AnswerFrame,
  stream: Uint8Array,
) {
  const { context, channel, ends, hello } = visit;
  const { crypto, identity, clock } = context;
  const first = await channel.expect("handshake");
  if (first === undefined) return undefined;
  const options = {
    psk: key.psk,
    prologue: prologue(ends, hello, frame),
    device: identity.device,
  };
  const read = respond(crypto, options, first.message);
  if (read.kind === "refused") return undefined;
  const madeAt = clock.now();
  const written = writeMessage2(crypto, read.state, introduce(context, stream, madeAt));
  if (written.kind === "refused") return undefined;
  if (!(await channel.say({ type: "handshake", message: written.message2 }))) return undefined;
  const third = await channel.expect("handshake");
  if (third === undefined) return undefined;
  const end = readMessage3(crypto, written.state, third.message);
  if (end.kind === "refused") return undefined;
  const them = readIntroduction(context, end.payload, end.device);
  // Proven now, and nothing of it is kept yet.
  if (them === undefined || !allowed(context, them.account)) return undefined;
  return { them, madeAt, session: end.session, outputs: end.outputs };
}
