/**
 * One scenario of four users that calls every method of the API with its example request, and
 * causes every event. What the nodes answer is recorded for docs/API.md, with sample ids in place
 * of those of the run.
 */

import type {
  Client,
  EventType,
  MethodName,
  NodeEvent,
  Params,
  Result,
} from "../../../src/api/index.ts";
import { eventTypes } from "../../../src/api/index.ts";
import { sample } from "../../../src/api/methods/method.ts";
import { methods } from "../../../src/api/methods.ts";
import { decodeRow, encodeRow } from "../../../src/messenger/model/rows.ts";
import { RunningDaemon } from "./daemon.ts";

/** Results of the methods and events by their type, as they travelled. */
export interface Examples {
  readonly results: Partial<Record<MethodName, unknown>>;
  readonly events: Partial<Record<EventType, unknown>>;
  /** Lines that are refused, and the responses. */
  readonly errors: readonly { readonly request: string; readonly response: unknown }[];
}

const identity = { table: "identity", of: "", at: 0 } as const;

const request = (method: string, params: object) =>
  JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });

/** Lines that a node refuses, one for each kind of mistake of a client. */
const refused: readonly string[] = [
  "hello",
  '{"id":1,"method":"node.state"}',
  request("message.write", { who: "bob" }),
  request("message.send", { who: "bob", text: "Hi.", wait: "seen" }),
  request("message.send", { who: "bob", body: "Hi.", text: "Hi." }),
  request("message.send", { who: "bob" }),
  request("contact.show", { who: "zoe" }),
];

/** The results without secrets, and with the first method of the OpenRPC document only. */
function abridged(results: Examples["results"]): Examples["results"] {
  const created = results["token.create"] as Result<"token.create">;
  const document = results["rpc.discover"] as Result<"rpc.discover">;
  const methods = (document.methods as readonly unknown[]).slice(0, 1);
  const short = { ...document, methods, components: {}, "x-notifications": [] };
  return {
    ...results,
    "rpc.discover": short,
    "token.create": { ...created, secret: "…" },
    "account.words": { words: "abandon ability able about …" },
    "backup.read": { data: "c290dG9iYWsB…" },
  };
}

/** Changes the identity of a node, which makes a new session with each contact then. */
async function changeIdentity(node: RunningDaemon, change: (row: Uint8Array) => Uint8Array) {
  await node.down();
  await node.change(async (store) => {
    const row = await store.get(identity);
    if (row === undefined) throw new Error("no identity");
    const [contact] = await store.all("contact");
    const { ref } = decodeRow<{ ref: string }>(contact ?? new Uint8Array());
    await store.commit([
      { kind: "put", key: identity, value: change(row) },
      { kind: "delete", key: { table: "session", of: ref, at: 0 } },
    ]);
  });
  await node.up();
}

/** Makes a message one that was given up. @param node does not run. */
async function giveUp(node: RunningDaemon, at: number) {
  await node.change(async (store) => {
    const [contact] = await store.all("contact");
    const { conversation } = decodeRow<{ conversation: { ref: string } }>(
      contact ?? new Uint8Array(),
    );
    const key = { table: "message", of: conversation.ref, at } as const;
    const row = decodeRow<object>((await store.get(key)) ?? new Uint8Array());
    await store.commit([{ kind: "put", key, value: encodeRow({ ...row, state: "failed" }) }]);
  });
  await node.up();
}

const isInvited = (event: NodeEvent): boolean => event.type === "group.invited";

/** Runs the scenario, about ten seconds. */
export async function runScenario(): Promise<Examples> {
  const names = ["alice", "bob", "carol", "dave", "mallory"];
  const nodes = await Promise.all(names.map((name) => RunningDaemon.start(name)));
  try {
    return await play(nodes);
  } finally {
    await Promise.all(nodes.map((node) => node.end()));
  }
}

async function play(nodes: readonly RunningDaemon[]): Promise<Examples> {
  const [alice, bob, carol, dave, mallory] = nodes as readonly [
    ...[RunningDaemon, RunningDaemon, RunningDaemon, RunningDaemon, RunningDaemon],
  ];
  const results: Partial<Record<MethodName, unknown>> = {};
  /** Ids and paths of the run, and what the page shows in their place. */
  const shown: [string, string][] = [[alice.home, "/home/alice/.local/share/sotto"]];
  const show = (value: unknown): unknown => {
    const text = shown.reduce(
      (json, [real, page]) => json.replaceAll(real, page),
      JSON.stringify(value),
    );
    return JSON.parse(text);
  };
  /** Sends the example of a method, with what is different in each run, and records the result. */
  const record = async <Name extends MethodName>(
    method: Name,
    real: Partial<Params<Name>> = {},
    client: Pick<Client, "call"> = alice.client,
  ): Promise<Result<Name>> => {
    const example = methods[method].example as Params<Name>;
    const result = await client.call(method, {
      ...(example as object),
      ...real,
    } as Params<Name>);

    results[method] = result;
    return result;
  };
  const { call } = alice.client;

  const errors = await alice.refusals(refused);
  await record("node.state");
  await record("rpc.discover");
  const self = await record("account.show");
  shown.push([self.account, sample.alice], [self.device, sample.device]);
  await record("event.subscribe");

  // Pairing: bob by an invite for one use, which dave tries too; carol and dave by a reusable one.
  const once = await record("invite.create");
  shown.push([once.id, sample.invite], [once.link, sample.link], [once.shortLink, sample.link]);
  const added = await record("contact.add", { link: once.link }, bob.client);
  if (added.timedOut) throw new Error("bob did not find alice");
  await dave.client.call("contact.add", { link: once.link });
  await alice.first("invite.reused");
  const reusable = await call("invite.create", { kind: "reusable", hints: true });
  shown.push([reusable.id, sample.reusable]);
  for (const node of [carol, dave])
    await node.client.call("contact.add", { link: reusable.link, as: "alice again" });
  for (const name of ["carol", "dave"])
    await alice.event(
      (event) => event.type === "contact.request" && event.contact.profileName === name,
    );
  await record("request.list");
  await record("request.accept");
  await record("request.deny");
  await record("invite.list");
  await record("invite.revoke", { id: once.id });

  // Contacts.
  const { contacts } = await record("contact.list");
  for (const { account, name } of contacts)
    if (name === "bob" || name === "carol") shown.push([account, sample[name]]);
  await record("contact.show");
  await record("contact.number");
  await record("contact.verify");
  await record("contact.unverify");
  await record("contact.invites");
  await record("contact.policy");
  await record("contact.rename");
  await call("contact.rename", { who: "bob", name: "bob" });
  await record("contact.set");
  await call("contact.set", { who: "bob", note: "" });
  await record("contact.timer");
  await call("contact.timer", { who: "bob", ms: 0 });

  // Messages.
  const { message } = await record("message.send");
  shown.push([message.id, sample.message]);
  await bob.client.call("message.send", { who: "alice", text: "Nine it is." });
  await alice.first("message.new");
  await record("message.react", { id: message.id });
  await record("message.edit", { id: message.id });
  await record("message.list");
  await record("message.count");
  await record("message.search", { query: "nine" });
  await record("message.find");
  await record("message.markRead");
  await record("conversation.list");
  await record("conversation.get");
  await record("conversation.set");
  await record("conversation.markUnread");
  await record("draft.set");
  await record("draft.get");
  await record("draft.list");
  await record("history.list");
  await record("typing.send");
  await bob.client.call("typing.send", { who: "alice" });
  await alice.first("typing");
  await record("contact.receipts");
  const known = { who: "alice again", text: "Good morning.", wait: "delivered" } as const;
  const { message: lost } = await carol.client.call("message.send", known);
  await carol.down();
  await alice.first("presence");
  const waiting = await call("message.send", { who: "carol", text: "Are you there?" });
  shown.push([waiting.message.id, sample.waiting]);
  await record("message.cancel", { id: waiting.message.id });
  await giveUp(carol, lost.at);
  shown.push([lost.id, sample.waiting]);
  await record("message.resend", { id: lost.id }, carol.client);
  await carol.down();
  await record("message.delete", { id: message.id });
  await call("message.delete", { id: message.id, forMe: true });

  // Groups: bob declines alice's and then joins it; alice declines his, joins it and leaves.
  const { group } = await record("group.create");
  shown.push([group.id, sample.group]);
  await record("group.invite");
  await bob.event((event) => event.type === "group.invited");
  await bob.client.call("group.decline", { group: "Club" });
  await alice.first("group.declined");
  await call("group.invite", { group: "group:Club", who: "bob" });
  await bob.event(
    (event) => event.type === "group.invited" && event !== bob.events.find(isInvited),
  );
  await bob.client.call("group.join", { group: "Club" });
  const joined = (event: NodeEvent, of: string) =>
    event.type === "group.changed" && event.group.ref === of && event.group.members === 2;
  await alice.event((event) => joined(event, group.ref));
  const walks = (await bob.client.call("group.create", { name: "Walks" })).group;
  shown.push([walks.id, sample.otherGroup]);
  await bob.client.call("group.invite", { group: "Walks", who: "alice" });
  await alice.first("group.invited");
  await record("group.list");
  await record("group.decline");
  await bob.event((event) => event.type === "group.declined");
  await bob.client.call("group.invite", { group: "Walks", who: "alice" });
  await alice.event(
    (event) => event.type === "group.invited" && event !== alice.events.find(isInvited),
  );
  await record("group.join");
  await alice.event((event) => joined(event, walks.ref));
  await record("group.show");
  const said = await call("message.send", { who: "group:Club", text: "Hello.", wait: "delivered" });
  shown.push([said.message.id, sample.groupMessage]);
  await record("group.who", { id: said.message.id });
  const { members } = await record("group.members");
  for (const [i, id] of [sample.member, sample.otherMember].entries())
    shown.push([members[i]?.member ?? "", id]);
  await record("group.role");
  await record("group.set");
  await record("group.remove");
  await record("group.dissolve");
  await record("group.leave", { group: "group:Walks" });

  // A durable subscription.
  await record("event.follow");
  await bob.client.call("message.send", { who: "alice", text: "Bring the map." });
  const { events } = await record("event.read");
  await record("event.followers");
  await record("event.ack", { cursor: events.at(-1)?.cursor ?? 0 });
  await record("event.unfollow");

  // A program with a token.
  await record("token.create");
  const program = await alice.connect();
  await record("connection.restrict", {}, program);
  await record("message.post", {}, program);
  await record("token.list");
  await record("token.revoke");

  // The node and its network.
  await alice.event((event) => event.type === "net.changed" && event.net.connected);
  await record("node.status");
  await record("net.peers");
  await record("net.ping");
  await record("net.check");
  await record("net.decoys");
  await record("net.public");
  const nowhere = sample.address.replace("203.0.113.7/tcp/4001", "127.0.0.1/tcp/9");
  await record("net.bootstrap.add", { address: nowhere });
  shown.push([nowhere, sample.address]);
  await record("net.bootstrap.list");
  await record("net.bootstrap.remove", { address: nowhere });
  await record("doctor.node");
  await record("doctor.contact");
  // Bob calls himself something else, and later shows another account key.
  await changeIdentity(bob, (row) => encodeRow({ ...decodeRow<object>(row), name: "Robert" }));
  await bob.client.call("message.send", { who: "alice", text: "I have a new name." });
  await alice.first("contact.renamed");
  await mallory.down();
  let other = new Uint8Array();
  await mallory.change(async (store) => {
    other = Uint8Array.from((await store.get(identity)) ?? []);
  });
  await changeIdentity(bob, () => other);
  await bob.client.call("message.send", { who: "alice", text: "And another key." });
  await alice.first("key.changed");

  await record("audit.show");
  await record("store.check");
  const backup = await record("backup.create");
  await record("backup.read", { id: backup.id });
  await record("store.protect");
  await record("account.words");
  await record("node.lock");
  await record("node.unlock");

  await record("net.rotate");
  await record("net.invisible");
  await record("contact.block");
  await record("contact.unblock");
  await record("contact.remove");
  await record("node.stop");
  await alice.first("stream.ended");
  // Of the network a state with a peer, of messages one that arrived, or that which was sent.
  const isTelling = (event: NodeEvent) => {
    if (event.type === "net.changed") return event.net.connected;
    if (!("message" in event)) return true;
    return event.type === "message.new"
      ? event.message.direction === "in" && event.message.notice === undefined
      : event.message.id === message.id;
  };
  const seen = Object.fromEntries(
    eventTypes.map((type) => [
      type,
      alice.events.find((event) => event.type === type && isTelling(event)),
    ]),
  );
  return show({ results: abridged(results), events: seen, errors }) as Examples;
}
