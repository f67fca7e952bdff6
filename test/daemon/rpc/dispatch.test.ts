import assert from "node:assert/strict";
import type { MethodName } from "../../../src/api/index.ts";
import { type InviteId, limits, SottoError } from "../../../src/base/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { createDoctor } from "../../../src/daemon/node/doctor.ts";
import {
  createDispatch,
  createLockedDispatch,
  inProcessCaller,
} from "../../../src/daemon/rpc/dispatch.ts";
import { createEventRing } from "../../../src/daemon/rpc/event-ring.ts";
import type { Subscription } from "../../../src/daemon/rpc/methods/method-types.ts";
import { type ConversationView, compareConversations } from "../../../src/messenger/index.ts";
import { audit, fakeControls, fakeTokens, netState, status } from "../controls.ts";
import { account, contact, conversation, fakeMessenger, message } from "../fake.ts";
import { handClock } from "../hand-clock.ts";

function setUp() {
  const messenger = fakeMessenger();
  const clock = handClock();
  const gone = new AbortController();
  const wanted: Subscription[] = [];
  const ring = createEventRing(nodeCrypto());
  const network: string[] = [];
  const controls = fakeControls();
  const dispatch = createDispatch({
    messenger,
    clock,
    network: {
      state: () => netState,
      peers: () => [],
      rotate: async () => {
        network.push("rotate");
        return "12D3KooWnew";
      },
      setInvisible: async (on) => void network.push(`invisible ${on}`),
      setDecoys: async (step) => void network.push(`decoys ${step}`),
      setPublic: async (on) => void network.push(`public ${on}`),
      check: async () => ({ verdict: "unknown", addresses: [], asked: 0, seenAs: [] }),
      bootstrap: () => [],
      best: () => ["/ip4/203.0.113.7/tcp/1/p2p/x"],
      learn: async (addresses) => void network.push(`learn ${addresses.join(" ")}`),
      addBootstrap: async (address) => void network.push(`add ${address}`),
      removeBootstrap: async (address) => void network.push(`remove ${address}`),
    },
    ring,
    tokens: fakeTokens(),
    controls,
    status: () => status,
    audit: async () => audit,
    doctor: createDoctor({
      messenger,
      clock: { ...clock, elapsed: () => 0 },
      status: () => status,
      checkProxy: async () => undefined,
    }),
    words: async () => "abandon ability",
    check: async () => ({ rows: 1, damaged: [] }),
  });
  const caller = {
    ...inProcessCaller(),
    signal: gone.signal,
    subscribe: (subscription: Subscription) => void wanted.push(subscription),
  };
  return {
    messenger,
    clock,
    gone,
    ring,
    wanted,
    network,
    controls,
    call: (method: string, params?: unknown) => dispatch(method, params, caller),
  };
}

const who = { who: "bob" };
const inClub = { group: "Club" };
/**
 * Each method with parameters that it takes, what it asks of the messenger, and parameters that it
 * refuses.
 */
const table: Record<MethodName, { good: object; asks?: unknown[]; bad: unknown[] }> = {
  "node.status": { good: {}, bad: [{ x: 1 }, []] },
  "node.stop": { good: {}, bad: [{ now: true }] },
  "node.state": { good: {}, bad: [{ x: 1 }] },
  "node.lock": { good: {}, bad: [{ x: 1 }] },
  "node.unlock": { good: { passphrase: "x" }, bad: [{ passphrase: "" }, { words: "x" }] },
  "account.words": { good: {}, bad: [{ passphrase: 1 }] },
  "store.protect": {
    good: { current: "a", next: { kind: "passphrase", passphrase: "b" } },
    bad: [{}, { next: { kind: "passphrase" } }, { next: { kind: "none" } }],
  },
  "token.create": {
    good: { name: "report", scope: "post", for: "socket" },
    bad: [{}, { name: "a", scope: "admin", for: "socket" }, { name: "a", scope: "read" }],
  },
  "token.list": { good: {}, bad: [{ x: 1 }] },
  "token.revoke": { good: { name: "report" }, bad: [{}, { name: "" }] },
  "connection.restrict": {
    good: { name: "report", for: "socket" },
    bad: [{}, { name: "report" }, { token: "x", for: "unix" }],
  },
  "rpc.discover": { good: {}, bad: [{ method: "x" }] },
  "store.check": { good: {}, bad: [{ x: 1 }] },
  "account.show": { good: {}, bad: [7] },
  "invite.create": {
    good: { kind: "reusable", expiresIn: 1000, hints: true },
    asks: [
      "createInvite",
      {
        kind: "reusable",
        expiresIn: 1000,
        hints: true,
        bootstrap: ["/ip4/203.0.113.7/tcp/1/p2p/x"],
      },
    ],
    bad: [{ kind: "twice" }, { expiresIn: 0 }, { expiresIn: limits.inviteExpiryMax + 1 }],
  },
  "invite.list": { good: {}, asks: ["invites"], bad: [{ all: 1 }] },
  "invite.revoke": { good: { id: `${"c".repeat(25)}a` }, bad: [{}, { id: "" }] },
  "contact.add": {
    good: { link: "sotto:x", as: "b", policy: "hidden" },
    asks: ["bootstrapsIn", "sotto:x", "hidden"],
    bad: [
      {},
      { link: "x", policy: "shy" },
      { link: "x".repeat(limits.pastedInvite + 1) },
      { link: "x", wait: -1 },
    ],
  },
  "contact.list": { good: {}, asks: ["contacts"], bad: [{ who: "x" }] },
  "contact.show": { good: who, asks: ["contact", "bob"], bad: [{}, { who: "" }, { who: 1 }] },
  "contact.rename": {
    good: { who: "bob", name: "rob" },
    asks: ["rename", "bob", "rob"],
    bad: [who],
  },
  "contact.set": {
    good: { who: "bob", note: "tall" },
    asks: ["setNote", "bob", "tall"],
    bad: [who, { who: "bob", note: 1 }, { who: "bob", note: "x".repeat(1025) }],
  },
  "contact.block": {
    good: { who: "bob", keepInvites: true },
    asks: ["block", "bob", { keepInvites: true }],
    bad: [{}, { who: "bob", keepInvites: 1 }],
  },
  "contact.unblock": { good: who, asks: ["unblock", "bob"], bad: [{}] },
  "contact.remove": { good: who, asks: ["remove", "bob", {}], bad: [{}] },
  "contact.invites": { good: who, asks: ["invitesOf", contact.account], bad: [{}] },
  "contact.policy": {
    good: { who: "bob", policy: "lan" },
    asks: ["setPolicy", "bob", "lan", {}],
    bad: [who, { who: "bob", policy: "none" }],
  },
  "contact.number": { good: who, asks: ["contact", "bob"], bad: [{}] },
  "contact.verify": {
    good: { who: "bob", number: "123" },
    asks: ["verify", "bob", "123"],
    bad: [{}, { who: "bob", number: 123 }],
  },
  "contact.unverify": { good: who, asks: ["unverify", "bob"], bad: [{}] },
  "request.list": { good: {}, asks: ["contacts"], bad: [who] },
  "request.accept": { good: who, asks: ["accept", "bob"], bad: [{}] },
  "request.deny": { good: who, asks: ["deny", "bob"], bad: [{}] },
  "message.post": {
    good: { who: "bob", text: "hi", key: "k", replyTo: message.id },
    asks: ["send", contact.account, "hi", { key: "k", replyTo: message.id }],
    bad: [
      who,
      { who: "bob", text: "hi", replyTo: 1 },
      { text: "hi" },
      { who: "bob", text: "hi", wait: "seen" },
    ],
  },
  "message.send": {
    good: { who: "bob", text: "hi", key: "k", replyTo: message.id },
    asks: ["send", contact.account, "hi", { key: "k", replyTo: message.id }],
    bad: [
      who,
      { who: "bob", text: "hi", replyTo: 1 },
      { text: "hi" },
      { who: "bob", text: "hi", wait: "seen" },
    ],
  },
  "message.list": {
    good: { who: "bob", limit: 5, before: "9", after: "2", order: "oldest" },
    bad: [
      {},
      { who: "bob", limit: 0 },
      { who: "bob", limit: limits.pageMessages + 1 },
      { who: "bob", before: 9 },
      { who: "bob", order: "latest" },
    ],
  },
  "group.create": {
    good: { name: "Club" },
    asks: ["createGroup", "Club"],
    bad: [{}, { name: "" }],
  },
  "group.list": { good: {}, asks: ["groups"], bad: [{ group: "Club" }] },
  "group.show": { good: inClub, asks: ["group", "Club"], bad: [{}] },
  "group.members": { good: inClub, asks: ["members", "Club"], bad: [{}] },
  "group.invite": {
    good: { ...inClub, ...who },
    asks: ["inviteToGroup", "Club", "bob"],
    bad: [inClub, who],
  },
  "group.join": { good: inClub, asks: ["joinGroup", "Club", undefined], bad: [{}] },
  "group.decline": {
    good: { ...inClub, from: "bob" },
    asks: ["declineGroup", "Club", "bob"],
    bad: [{}],
  },
  "group.remove": {
    good: { ...inClub, member: "bob" },
    asks: ["removeMember", "Club", "bob"],
    bad: [inClub],
  },
  "group.role": {
    good: { ...inClub, member: "bob", role: "admin" },
    asks: ["setRole", "Club", "bob", "admin"],
    bad: [inClub, { ...inClub, member: "bob", role: "owner" }],
  },
  "group.set": {
    good: { ...inClub, topic: "" },
    asks: ["setInGroup", "Club", "topic", ""],
    bad: [{}, { ...inClub, name: "" }, { ...inClub, topic: "x".repeat(513) }],
  },
  "group.who": { good: { id: message.id }, asks: ["whoHas", message.id, undefined], bad: [{}] },
  "group.leave": { good: inClub, asks: ["leaveGroup", "Club"], bad: [{}] },
  "group.dissolve": { good: inClub, asks: ["dissolveGroup", "Club"], bad: [{}] },
  "conversation.list": {
    good: { kind: "contact", archived: false },
    asks: ["conversations", { kind: "contact", archived: false }],
    bad: [{ kind: "pair" }, { archived: "no" }, { after: "" }],
  },
  "conversation.get": { good: who, asks: ["conversation", "bob"], bad: [{}] },
  "conversation.set": {
    good: { who: "bob", muted: true },
    asks: ["setConversation", "bob", { muted: true }],
    bad: [{ muted: true }, { who: "bob", pinned: 1 }],
  },
  "conversation.markUnread": { good: who, asks: ["markUnread", "bob"], bad: [{}] },
  "draft.set": {
    good: { who: "bob", text: "later", replyTo: message.id },
    asks: ["setDraft", "bob", { text: "later", replyTo: message.id }],
    bad: [who, { who: "bob", text: 1 }],
  },
  "draft.get": { good: who, asks: ["draft", "bob"], bad: [{}] },
  "draft.list": { good: {}, asks: ["conversations", {}], bad: [who] },
  "history.list": {
    good: { who: "bob", after: 3, limit: 5 },
    bad: [{ after: -1 }, { before: "3" }, { limit: 0 }],
  },
  "message.count": { good: who, asks: ["count", contact.account], bad: [{}] },
  "message.search": {
    good: { query: "hi", from: "bob", before: 7, limit: 5 },
    asks: ["search", "hi", { limit: 5, from: "bob", before: 7 }],
    bad: [{}, { query: "x".repeat(2000) }, { query: "hi", limit: 0 }, { query: "hi", before: -1 }],
  },
  "message.edit": {
    good: { id: message.id, text: "ho", wait: "live", timeout: 1 },
    asks: ["edit", message.id, "ho", undefined],
    bad: [{ id: message.id }, { text: "ho" }, { id: message.id, text: "ho", wait: "read" }],
  },
  "message.delete": {
    good: { id: message.id },
    asks: ["delete", message.id, undefined],
    bad: [{}, { id: message.id, forMe: "yes" }],
  },
  "message.react": {
    good: { id: message.id, emoji: "", who: "bob" },
    asks: ["react", message.id, "", "bob"],
    bad: [{ id: message.id }, { id: message.id, emoji: 1 }],
  },
  "message.find": {
    good: { id: "last", who: "bob", direction: "in" },
    asks: ["find", "last", { who: "bob", direction: "in" }],
    bad: [{}, { id: "" }, { id: "bob/last", direction: "both" }],
  },
  "typing.send": { good: who, asks: ["typing", "bob"], bad: [{}] },
  "contact.timer": {
    good: { who: "bob", ms: 5000 },
    asks: ["setTimer", "bob", 5000],
    bad: [who, { who: "bob", ms: "1h" }],
  },
  "contact.receipts": {
    good: { who: "bob", on: false },
    asks: ["shareReceipts", "bob", false],
    bad: [who, { who: "bob", on: "off" }],
  },
  "message.markRead": {
    good: { who: "bob", from: 5, upTo: 7 },
    asks: ["markRead", "bob", { from: 5, upTo: 7 }],
    bad: [
      {},
      { who: "bob", upTo: -1 },
      { who: "bob", from: "5" },
      { who: "bob", ids: "x" },
      { who: "bob", ids: Array.from({ length: limits.pageMessages + 1 }, () => message.id) },
    ],
  },
  "message.cancel": {
    good: { id: message.id, who: "bob" },
    asks: ["cancel", message.id, "bob"],
    bad: [{}],
  },
  "message.resend": {
    good: { id: message.id, who: "bob" },
    asks: ["resend", message.id, "bob"],
    bad: [{}],
  },
  "event.subscribe": { good: { types: ["presence"] }, bad: [{ types: ["nothing"] }, { from: 1 }] },
  "backup.create": {
    good: {},
    asks: ["backup", ["/ip4/203.0.113.7/tcp/1/p2p/x"]],
    bad: [{ path: "/x" }],
  },
  "backup.read": { good: { id: "1", from: 0 }, bad: [{ id: "1" }, { id: "1", from: -1 }] },
  "event.follow": {
    good: { name: "bot", from: "bob", types: ["message.new"] },
    asks: ["follow", "bot", { from: "bob", types: ["message.new"] }],
    bad: [{}, { name: "" }, { name: "bot", types: ["presence"] }],
  },
  "event.read": {
    good: { name: "bot", after: 3, limit: 5 },
    asks: ["acknowledge", "bot", 3],
    bad: [{}, { name: "bot", limit: 0 }, { name: "bot", after: -1 }],
  },
  "event.ack": { good: { name: "bot", cursor: 3 }, asks: ["acknowledge", "bot", 3], bad: [{}] },
  "event.followers": { good: {}, asks: ["followers"], bad: [{ name: "bot" }] },
  "event.unfollow": { good: { name: "bot" }, asks: ["unfollow", "bot"], bad: [{}] },
  "net.peers": { good: {}, bad: [{ x: 1 }] },
  "net.rotate": { good: {}, bad: [{ now: true }] },
  "net.check": { good: {}, bad: [{ who: "bob" }] },
  "net.decoys": { good: { step: 8 }, bad: [{}, { step: -1 }, { step: 65 }, { step: 1.5 }] },
  "net.public": { good: { on: true }, bad: [{}, { on: "yes" }] },
  "net.invisible": { good: { on: true }, bad: [{}, { on: "yes" }] },
  "audit.show": { good: {}, bad: [{ who: "bob" }] },
  "net.ping": { good: who, asks: ["ping", contact.account], bad: [{}] },
  "doctor.node": { good: {}, asks: ["health"], bad: [{ who: "bob" }] },
  "doctor.contact": { good: who, asks: ["diagnose", "bob"], bad: [{}, { who: 1 }] },
  "net.bootstrap.list": { good: {}, bad: [{ x: 1 }] },
  "net.bootstrap.add": { good: { address: "/x" }, bad: [{}] },
  "net.bootstrap.remove": { good: { address: "/x" }, bad: [{}] },
};

describe("daemon/dispatch", () => {
  for (const [method, { good, asks, bad }] of Object.entries(table)) {
    it(`${method} takes what it should and refuses the rest`, async () => {
      const { call, messenger } = setUp();
      assert.equal(typeof (await call(method, good)), "object");
      // A contact is resolved first, once; the call then goes by its account.
      const resolved = messenger.calls.filter(([name]) => name !== "contact");
      if (asks !== undefined)
        assert.deepEqual(asks[0] === "contact" ? messenger.calls[0] : resolved[0], asks);
      assert.ok(messenger.calls.length - resolved.length <= 1, "resolved once");
      const before = messenger.calls.length;
      for (const params of bad)
        await assert.rejects(call(method, params), { code: "params-invalid" });
      assert.equal(messenger.calls.length, before);
    });
  }

  it("connects to the bootstrap nodes of an invite before it searches for the inviter", async () => {
    const { call, messenger, network } = setUp();
    await call("contact.add", { link: "sotto:x", as: "b" });
    assert.deepEqual(network, ["learn /dns4/example.org/tcp/1/p2p/y"]);
    assert.deepEqual(
      messenger.calls.map(([name]) => name),
      ["bootstrapsIn", "add"],
    );
  });

  it("answers long lists in pages that fit into one response and have everything", async () => {
    const { call, messenger } = setUp();
    const count = 3000;
    const accounts = Array.from({ length: count }, (_, i) =>
      String(i)
        .replace(/./g, (digit) => "abcdefghij".charAt(Number(digit)))
        .padStart(52, "z"),
    ).toSorted();
    messenger.contacts = () =>
      accounts.map((each) => ({
        ...contact,
        account: each as typeof account,
        note: "\u0001".repeat(100),
        pairing: "requested",
      }));
    const [invite] = messenger.invites();
    messenger.invites = () =>
      accounts.map((id) => ({
        ...(invite ?? assert.fail("no invite")),
        id: id.slice(26) as InviteId,
        usedBy: accounts.slice(0, 20) as (typeof account)[],
      }));
    messenger.conversations = async () =>
      accounts.map((ref) => ({ ...conversation, ref, draft: "\u0001".repeat(120) }));
    for (const [method, list, cursor] of [
      ["contact.list", "contacts", "account"],
      ["request.list", "requests", "account"],
      ["invite.list", "invites", "id"],
      ["conversation.list", "conversations", "ref"],
      ["draft.list", "conversations", "ref"],
    ] as const) {
      const seen: string[] = [];
      let after: string | undefined;
      for (let more = true; more; ) {
        const page = (await call(method, after === undefined ? {} : { after })) as {
          readonly more: boolean;
          readonly last?: string;
        } & Record<string, readonly Record<string, string>[]>;
        assert.ok(JSON.stringify(page).length <= limits.rpcBytes, method);
        seen.push(...(page[list] ?? []).map((item) => item[cursor] ?? ""));
        ({ more } = page);
        after = list === "conversations" ? page.last : seen.at(-1);
      }
      const names = accounts.map((each) => (list === "invites" ? each.slice(26) : each));
      assert.deepEqual(seen, names, method);
      const again = call(method, { after: "gone" }) as Promise<{ readonly more: boolean }>;
      if (list === "conversations") await assert.rejects(again, { code: "cursor-unknown" });
      else assert.equal((await again).more, true);
    }
  });

  it("rotates the host key when a contact becomes hidden", async () => {
    const { call, network } = setUp();
    await call("contact.policy", { who: "bob", policy: "lan" });
    assert.deepEqual(network, []);
    await call("contact.policy", { who: "bob", policy: "hidden" });
    assert.deepEqual(network, ["rotate"]);
  });

  it("omits bootstrap nodes from an invite on request", async () => {
    const { call, messenger } = setUp();
    await call("invite.create", { bootstrap: false });
    assert.deepEqual(messenger.calls[0]?.slice(1), [
      { kind: "once", expiresIn: limits.inviteExpiry, hints: false, bootstrap: [] },
    ]);
  });

  it("names what is wrong with a parameter", async () => {
    await assert.rejects(setUp().call("message.send", { who: "bob", text: "x", waits: "sent" }), {
      message: /waits/,
    });
  });

  it("refuses unknown methods, also those that every object has", async () => {
    const { call } = setUp();
    for (const method of ["x.y", "toString", "__proto__", "constructor"])
      await assert.rejects(call(method, {}), { code: "method-unknown" });
  });

  it("distinguishes invalid ids and unknown ids", async () => {
    const { call } = setUp();
    await assert.rejects(call("invite.revoke", { id: "x" }), { code: "invite-unknown" });
    await assert.rejects(call("message.cancel", { id: "x" }), { code: "message-unknown" });
    await assert.rejects(call("message.edit", { id: "x", text: "a" }), { code: "message-unknown" });
    const answer = { who: "bob", text: "hi", replyTo: "x" };
    await assert.rejects(call("message.send", answer), { code: "message-unknown" });
  });

  it("deletes a message here only, on request", async () => {
    const { call, messenger } = setUp();
    await call("message.delete", { id: message.id, forMe: true });
    assert.deepEqual(
      messenger.calls.map(([name]) => name).filter((name) => name !== "contactOf"),
      ["message", "hide"],
    );
  });

  it("waits until a change is delivered to an online contact, up to the timeout", async () => {
    const { call, messenger, clock } = setUp();
    messenger.edit = async () => ({ ...message, changing: true });
    const params = { id: message.id, text: "ho", wait: "live" };
    const late = call("message.edit", { ...params, timeout: 500 });
    await new Promise((resolve) => setImmediate(resolve));
    clock.pass(500);
    assert.equal(((await late) as { timedOut: boolean }).timedOut, true);
    const answered = call("message.edit", { ...params, timeout: 10_000 });
    await new Promise((resolve) => setImmediate(resolve));
    const changed = { ...message, text: "ho" };
    messenger.emit({ type: "message.changed", message: changed, what: "edited" });
    const { message: shown, timedOut } = (await answered) as { message: object; timedOut: boolean };
    assert.deepEqual([shown, timedOut], [{ ...message, text: "ho" }, false]);
    assert.equal(messenger.listeners, 0);
  });

  it("asks the node to stop once for each call", async () => {
    const { call, controls } = setUp();
    assert.deepEqual(await call("node.stop", {}), { stopping: true });
    assert.deepEqual(controls.asked, [["stop"]]);
  });

  it("shows the recovery phrase only with the passphrase", async () => {
    const { call, controls } = setUp();
    assert.deepEqual(await call("account.words", { passphrase: "right" }), {
      words: "abandon ability",
    });
    assert.deepEqual(controls.asked, [["prove", "right"]]);
    controls.prove = () => Promise.reject(new SottoError("passphrase-wrong", "x"));
    await assert.rejects(call("account.words", {}), { code: "passphrase-wrong" });
  });

  it("answers, while it is locked, what a locked node can, and says of the rest that it is locked", async () => {
    const controls = fakeControls();
    const dispatch = createLockedDispatch(controls);
    const caller = inProcessCaller();
    const answered: string[] = [];
    for (const [method, { good }] of Object.entries(table)) {
      const answer = dispatch(method, good, caller);
      if (/^(rpc|node|event)\.(discover|state|lock|unlock|stop|subscribe)$/.test(method)) {
        assert.equal(typeof (await answer), "object");
        answered.push(method);
      } else await assert.rejects(answer, { code: "node-locked" }, method);
    }
    assert.equal(answered.length, 6);
    await assert.rejects(dispatch("x.y", {}, caller), { code: "method-unknown" });
    await assert.rejects(dispatch("node.unlock", { passphrase: 1 }, caller), {
      code: "params-invalid",
      message: /"passphrase"/,
    });
  });

  it("filters events by contact and by type", async () => {
    const { call, wanted } = setUp();
    await call("event.subscribe", { from: "bob", types: ["message.new", "contact.removed"] });
    const { wants } = wanted[0] as Subscription;
    assert.ok(wants({ type: "message.new", message }));
    assert.ok(wants({ type: "contact.removed", account }));
    assert.ok(!wants({ type: "message.state", message }));
    assert.ok(!wants({ type: "message.new", message: { ...message, ref: "other" } }));
  });

  const other = "d".repeat(52) as typeof account;

  it("subscribes since a cursor: what was missed, filtered, then who is online", async () => {
    const { call, messenger, ring, wanted } = setUp();
    messenger.contacts = () => [contact, { ...contact, account: other }];
    const events = (["one", "two", "three"] as const).map((text) =>
      ring.add({ type: "message.new", message: { ...message, text } }),
    );
    const since = events[0]?.streamCursor;
    ring.add({ type: "contact.removed", account: other });
    assert.deepEqual(await call("event.subscribe", { from: "bob", since }), {
      streamCursor: since,
    });
    const { first, resumes } = wanted[0] as Subscription;
    assert.ok(resumes);
    assert.deepEqual(first.slice(0, 2), events.slice(1));
    assert.deepEqual(
      first.slice(2).map((event) => [event.type, "online" in event && event.online]),
      [
        ["node.state", false],
        ["presence.snapshot", [account]],
      ],
    );
  });

  it("begins with the state of the node, of its network and of the contacts", async () => {
    const { call, messenger, ring, wanted } = setUp();
    const away = { ...contact, account: other.replace("d", "e") as typeof account, online: false };
    messenger.contacts = () => [contact, { ...contact, account: other }, away];
    await call("event.subscribe", {});
    await call("event.subscribe", { types: ["net.changed"] });
    const [all, some] = wanted.map(({ first }) => first);
    const { streamCursor, ...presence } = all?.at(-1) ?? assert.fail("no snapshot");
    assert.deepEqual(
      [...(all ?? []).slice(0, -1), presence],
      [
        { type: "node.state", state: "open" },
        { type: "net.changed", net: netState },
        { type: "presence.snapshot", online: [account, other] },
      ],
    );
    assert.deepEqual(ring.since(streamCursor ?? ""), []);
    assert.deepEqual(some, [{ type: "net.changed", net: netState }]);
  });

  it("begins with resync for a cursor that it does not know, whatever the filter is", async () => {
    const { call, ring, wanted } = setUp();
    const result = await call("event.subscribe", { types: ["message.new"], since: "\u001b]0;x" });
    const { first } = wanted[0] as Subscription;
    assert.deepEqual(
      first.map(({ type }) => type),
      ["resync"],
    );
    assert.deepEqual(result, { streamCursor: first[0]?.streamCursor });
    assert.deepEqual(ring.since(first[0]?.streamCursor ?? ""), []);
  });

  it("lists what can be read, and where the store is damaged in that page", async () => {
    const { call, messenger } = setUp();
    const messages = [4, 7].map((at) => ({ ...message, at }));
    const page = { messages, first: "4", last: "7", moreBefore: true, moreAfter: false };
    messenger.page = async (who, { onDamage, ...range }) => {
      assert.deepEqual([who, range], ["bob", { limit: 2, before: "9", after: "2" }]);
      onDamage?.({ from: 6, to: 6 });
      return page;
    };
    const shown = await call("message.list", { who: "bob", limit: 2, before: "9", after: "2" });
    assert.deepEqual(shown, { ...page, damaged: [{ from: 6, to: 6 }] });
  });

  it("lists a period by the time of arrival, without a gap, and says if there is more in it", async () => {
    const { call, messenger } = setUp();
    // The clock was set back after the third; the sender's clock says nothing.
    const arrivals = [1000, 2000, 3000, 1500, 4000];
    messenger.page = async (_who, { limit }) => ({
      messages: arrivals
        .map((storedAt, at) => ({ ...message, at, storedAt, sentAt: 10_000 - storedAt }))
        .slice(-limit),
      moreBefore: limit < arrivals.length,
      moreAfter: false,
    });
    const list = async (params: object) => {
      const page = await call("message.list", { who: "bob", ...params });
      const { messages, moreBefore } = page as {
        messages: { at: number }[];
        moreBefore: boolean;
      };
      return [messages.map(({ at }) => at), moreBefore];
    };
    assert.deepEqual(await list({ since: 1800 }), [[1, 2, 3, 4], false]);
    assert.deepEqual(await list({ since: 1800, limit: 3 }), [[2, 3, 4], true]);
    assert.deepEqual(await list({ since: 3500, limit: 3 }), [[4], false]);
    assert.deepEqual(await list({ since: 5000 }), [[], false]);
    assert.deepEqual(await list({ limit: 5 }), [[0, 1, 2, 3, 4], false]);
  });

  describe("a page whose answer would grow beyond the cap", () => {
    const text = "\u0001".repeat(limits.textBytes);
    const long = (count: number) =>
      Array.from({ length: count }, (_, at) => ({
        ...message,
        text,
        at,
        position: `p${at}`,
        arrival: at,
      }));
    const ends = { moreBefore: false, moreAfter: false };
    interface Cut {
      messages: { at: number }[];
      first: unknown;
      last: unknown;
      moreBefore: boolean;
      moreAfter: boolean;
    }
    const fits = (page: Cut): void => {
      assert.ok(JSON.stringify(page).length <= limits.rpcBytes);
      assert.ok(page.messages.length > 0);
    };

    it("keeps its newest end, with the cursor of that", async () => {
      const { call, messenger } = setUp();
      const messages = long(20);
      messenger.page = async () => ({ messages, first: "p0", last: "p19", ...ends });
      const page = (await call("message.list", { who: "bob", limit: 20 })) as Cut;
      fits(page);
      assert.deepEqual([page.messages.at(-1)?.at, page.last], [19, "p19"]);
      assert.deepEqual([page.first, page.moreBefore], [`p${page.messages[0]?.at}`, true]);
    });

    it("keeps its oldest end where the next page follows", async () => {
      const { call, messenger } = setUp();
      messenger.arrivals = async () => ({ messages: long(20), first: 0, last: 19, ...ends });
      const page = (await call("history.list", { after: 3 })) as Cut;
      fits(page);
      assert.deepEqual([page.messages[0]?.at, page.first], [0, 0]);
      assert.deepEqual([page.last, page.moreAfter], [page.messages.at(-1)?.at, true]);
    });

    it("refuses cursors and an order together with a message in the middle", async () => {
      const { call } = setUp();
      for (const more of [{ order: "newest" }, { before: "9" }, { after: "2" }] as const)
        await assert.rejects(call("message.list", { who: "bob", around: message.id, ...more }), {
          code: "params-invalid",
          field: "around",
        });
    });

    it("stays around its message", async () => {
      const { call, messenger } = setUp();
      messenger.page = async (_who, { limit }) => {
        const first = 40 - ((limit - 1) >> 1);
        return { messages: long(80).slice(first, first + limit), ...ends };
      };
      const page = (await call("message.list", { who: "bob", around: message.id })) as Cut;
      fits(page);
      assert.ok(page.messages.some(({ at }) => at === 40));
    });

    it("lists conversations in pages", async () => {
      const { call, messenger } = setUp();
      const all = Array.from(
        { length: 3000 },
        (_, n): ConversationView => ({
          ...conversation,
          ref: String(n).replace(/./g, (digit) => "abcdefghij".charAt(Number(digit))),
          lastAt: 9_999 - n,
          draft: "\u0001".repeat(limits.previewLength),
        }),
      );
      messenger.conversations = async () => all.toSorted(compareConversations);
      const refs: string[] = [];
      let after: string | undefined;
      for (let more = true; more; ) {
        const page = (await call("conversation.list", { after })) as {
          conversations: { ref: string }[];
          last: string;
          more: boolean;
        };
        assert.ok(JSON.stringify(page).length <= limits.rpcBytes);
        refs.push(...page.conversations.map(({ ref }) => ref));
        ({ more, last: after } = page);
        // The last one of the page gets a message, and so does one of the next page.
        const at = all.findIndex(({ ref }) => ref === refs.at(-1));
        for (const moved of [at, at + 1])
          all[moved] = { ...(all[moved] ?? conversation), lastAt: 10_000 + moved };
      }
      assert.equal(new Set(refs).size, refs.length, "none is repeated");
      const missing = all.filter(({ ref }) => !refs.includes(ref));
      assert.ok(missing.length > 0 && missing.every(({ lastAt = 0 }) => lastAt >= 10_000));
    });
  });
});

describe("daemon/waits", () => {
  const send = { who: "bob", text: "hi", wait: "delivered", timeout: 5000 };

  it("misses no state that comes while the message is still being stored", async () => {
    const { call, messenger } = setUp();
    messenger.during.send = () =>
      messenger.emit({ type: "message.state", message: { ...message, state: "delivered" } });
    const result = (await call("message.send", send)) as { message: { state: string } };
    assert.equal(result.message.state, "delivered");
    assert.equal(messenger.listeners, 0);
  });

  it("continues through lesser states and other messages, and counts the time", async () => {
    const { call, messenger, clock } = setUp();
    const sending = call("message.send", send);
    await new Promise(setImmediate);
    const tell = (change: object) =>
      messenger.emit({ type: "message.state", message: { ...message, ...change } });
    tell({ state: "sent" });
    tell({ id: "other", state: "delivered" });
    clock.pass(84);
    tell({ state: "read" });
    assert.deepEqual(await sending, {
      contact,
      message: { ...message, state: "read" },
      timedOut: false,
      elapsed: 84,
    });
  });

  it("ends early when the message failed", async () => {
    const { call, messenger } = setUp();
    const sending = call("message.send", send);
    await new Promise(setImmediate);
    messenger.emit({ type: "message.state", message: { ...message, state: "failed" } });
    assert.equal(((await sending) as { timedOut: boolean }).timedOut, false);
  });

  it("reports the stored message, not an error, when the contact shows another key", async () => {
    const { call, messenger } = setUp();
    const sending = call("message.send", send);
    await new Promise(setImmediate);
    messenger.contactOf = () => ({ ...contact, keyChanged: true });
    messenger.emit({ type: "key.changed", contact: { ...contact, keyChanged: true } });
    const result = (await sending) as { timedOut: boolean; contact: { keyChanged: boolean } };
    assert.equal(result.timedOut, true);
    assert.equal(result.contact.keyChanged, true);
    assert.equal(messenger.listeners, 0);
  });

  it("gives the message as it is when the time is over", async () => {
    const { call, messenger, clock } = setUp();
    const sending = call("message.send", send);
    await new Promise(setImmediate);
    clock.pass(5000);
    const result = (await sending) as { timedOut: boolean; message: { state: string } };
    assert.equal(result.timedOut, true);
    assert.equal(result.message.state, "queued");
    assert.equal(messenger.listeners, 0);
  });

  it("reports what was stored when the contact is removed in the meantime, not an error", async () => {
    for (const [method, params] of [
      ["message.send", send],
      ["message.send", { who: "bob", text: "hi" }],
      ["net.ping", { who: "bob" }],
    ] as const) {
      const { call, clock, messenger } = setUp();
      messenger.contactOf = () => undefined;
      const result = call(method, params);
      await new Promise(setImmediate);
      clock.pass(5000);
      assert.equal(((await result) as { contact: { name: string } }).contact.name, "bob", method);
    }
    const { call, clock, messenger } = setUp();
    let known = true;
    messenger.contactOf = () => (known ? contact : undefined);
    const changing = { ...message, changing: true };
    messenger.edit = () => Promise.resolve(changing);
    const edit = call("message.edit", { id: message.id, text: "a", wait: "live", timeout: 5000 });
    await new Promise(setImmediate);
    known = false;
    clock.pass(5000);
    assert.deepEqual((await edit) as object, {
      contact,
      message: changing,
      timedOut: true,
      elapsed: 5000,
    });
  });

  it("ends when the client has closed its connection", async () => {
    const { call, gone, messenger } = setUp();
    const sending = call("message.send", send);
    await new Promise(setImmediate);
    gone.abort();
    await sending;
    assert.equal(messenger.listeners, 0);
  });

  it("does not wait at all for a contact who is offline, when it was to wait for a live one", async () => {
    const { call, messenger } = setUp();
    messenger.contact = () => ({ ...contact, online: false });
    const result = (await call("message.send", { ...send, wait: "live" })) as { timedOut: boolean };
    assert.equal(result.timedOut, false);
  });

  it("gives a failed send on, and listens no longer", async () => {
    const { call, messenger } = setUp();
    messenger.send = () => Promise.reject(new SottoError("message-empty", "x"));
    await assert.rejects(call("message.send", send), { code: "message-empty" });
    assert.equal(messenger.listeners, 0);
  });

  const add = { link: "sotto:x", wait: 5000 };
  const paired = (pairing: typeof contact.pairing) =>
    ({ type: "contact.changed", contact: { ...contact, pairing } }) as const;

  it("answers an add as soon as it is confirmed, or refused", async () => {
    for (const pairing of ["confirmed", "used", "expired", "denied"] as const) {
      const { call, messenger } = setUp();
      messenger.during.add = () => messenger.emit(paired(pairing));
      const result = (await call("contact.add", add)) as { contact: { pairing: string } };
      assert.equal(result.contact.pairing, pairing);
    }
  });

  it("gives a handshake a moment to be confirmed, and no more", async () => {
    const { call, messenger, clock } = setUp();
    const adding = call("contact.add", add);
    await new Promise(setImmediate);
    messenger.emit(paired("handshaken"));
    await new Promise(setImmediate);
    clock.pass(1000);
    const result = (await adding) as { timedOut: boolean; contact: { pairing: string } };
    assert.equal(result.contact.pairing, "handshaken");
    assert.equal(result.timedOut, false);
  });

  it("reports a timeout when the contact was not found", async () => {
    const { call, clock } = setUp();
    const adding = call("contact.add", add);
    await new Promise(setImmediate);
    clock.pass(5000);
    assert.equal(((await adding) as { timedOut: boolean }).timedOut, true);
  });
});
