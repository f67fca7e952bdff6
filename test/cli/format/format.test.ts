import assert from "node:assert/strict";
import type { Contact, Message } from "../../../src/api/index.ts";
import { type Part, safe, written } from "../../../src/base/index.ts";
import { changeOutcome } from "../../../src/cli/args/message-arg.ts";
import { sendOutcome } from "../../../src/cli/commands/send.ts";
import { contactLine, contactStateText, reachabilityText } from "../../../src/cli/format/format.ts";
import { messageLines, withUnreadable } from "../../../src/cli/format/message-lines.ts";
import { formatTime } from "../../../src/cli/format/time.ts";
import { shownContact } from "../contact.ts";

const X = "x" as Message["id"];
const message: Message = {
  id: "abcdefghijklmnopqrstuvwxyz" as Message["id"],
  ref: "bob",
  contact: "bob" as Contact["account"],
  direction: "in",
  text: "hello",
  state: "received",
  at: 1,
  position: "00000000000001.0123456789abcdef0123456789abcdef",
  sentAt: Date.UTC(2026, 4, 1, 12),
  storedAt: Date.UTC(2026, 4, 1, 12),
  edited: false,
  deleted: false,
  reactions: [],
  changing: false,
};
const head = (who: string) => `${formatTime(message.sentAt)}  abcde  ${who}  `;
const shown = (changed: Partial<Message>, answered?: Message) =>
  written(messageLines({ ...message, ...changed }, { name: "bob", width: 3, answered }));
/** The lines behind the head, which the first one has and the others leave room for. */
const lines = (who: string, ...all: string[]) =>
  all.map((line, i) => (i === 0 ? head(who) : " ".repeat(head(who).length)) + line).join("\n");

describe("a message in a terminal", () => {
  it("is emphasised where it matches, and as safe there as elsewhere", () => {
    const paint = (text: Part) => safe`<${text}>`;
    const emphasis = {
      ranges: [
        { from: 0, to: 2 },
        { from: 5, to: 8 },
      ],
      paint,
    };
    const marked = messageLines(
      { ...message, text: "no\u001b, \u001bon" },
      { name: "bob", width: 3, emphasis },
    );
    assert.match(written(marked), /<no>␛, <␛on>/);
  });

  it("in a group names its author, and how many members have proven its state", () => {
    const ben = { account: "bob" as Contact["account"], name: "benjamin", member: "01" };
    const cleo = { name: "cleo", member: "02" };
    const inGroup = (changed: Partial<Message>) => {
      const { contact: _, ...rest } = message;
      const said: Message = { ...rest, group: "0a", ref: "group:0a", ...changed };
      const names = new Map([["bob", "ben"]]);
      return written(messageLines(said, { name: "#club", width: 5, names }));
    };
    assert.equal(
      inGroup({ author: ben, reactions: [{ direction: "in", author: cleo, emoji: "👍" }] }),
      lines("ben  ", "hello", "👍 ~cleo"),
    );
    assert.equal(
      inGroup({ author: cleo, unconfirmed: true }),
      lines("~cleo", "hello  [author unconfirmed]"),
    );
    const reached = { held: 9, delivered: 7, read: 2, of: 9 };
    const states = { held: "under way 9/9", delivered: "delivered 7/9", read: "read 2/9" };
    for (const [state, text] of Object.entries(states))
      assert.equal(
        inGroup({ direction: "out", state: state as Message["state"], reached }),
        lines("you  ", `hello  [${text}]`),
      );
    assert.equal(
      inGroup({ direction: "out", state: "queued", reached }),
      lines("you  ", "hello  [waiting for a member]"),
    );
  });

  it("is shown after the first characters of its id and its sender", () => {
    assert.equal(shown({}), lines("bob", "hello"));
    assert.equal(shown({ direction: "out", state: "read" }), lines("you", "hello  [read]"));
    assert.equal(shown({ text: "a\nb" }), lines("bob", "a", "b"));
  });

  it("leaves a mark in the place of one that cannot be read", () => {
    const shown = [1, 2, 5].map((at) => ({ at, lines: `${at}` }));
    const mark = "(a damaged message, which cannot be read)";
    assert.deepEqual(
      withUnreadable(shown, [
        { from: 0, to: 255 },
        { from: 6, to: 6 },
        { from: 3, to: 3 },
      ]),
      ["1", "2", mark, "5", mark],
    );
    assert.deepEqual(withUnreadable(shown, []), ["1", "2", "5"]);
  });

  it("is not called changed at the contact before it was sent", () => {
    const before: Message = { ...message, direction: "out", text: "before" };
    const outcome = (changed: Partial<Message>) =>
      changeOutcome(before, {
        contact: { route: "direct" },
        message: { ...before, text: "after", ...changed },
        elapsed: 5,
      });
    assert.match(outcome({ state: "queued", changing: true }), /^waiting for peer/);
    assert.equal(outcome({ state: "queued" }), "before it was sent");
    assert.equal(outcome({ state: "cancelled", deleted: true }), "and it was never sent");
    assert.equal(outcome({ state: "read", edited: true }), "delivered in 5 ms (direct)");
  });

  it("is not called delivered by a change that changed nothing", () => {
    const reactions = [{ direction: "out", emoji: "👍" }] as const;
    const outcome = (after: Partial<Message>) =>
      changeOutcome(
        { ...message, reactions },
        { contact: {}, message: { ...message, ...after }, elapsed: 5 },
      );
    assert.equal(outcome({ reactions: [...reactions] }), "as before: nothing was sent");
    assert.match(outcome({ reactions: [...reactions], changing: true }), /^waiting for peer/);
    assert.match(outcome({}), /^delivered/);
    assert.match(outcome({ reactions, deleted: true }), /^delivered/);
    assert.match(outcome({ reactions, text: "b" }), /^delivered/);
  });

  it("shows what it answers above, and reactions below", () => {
    const reactions = [
      { direction: "in", emoji: "👍" },
      { direction: "out", emoji: "❤️" },
    ] as const;
    const asked = { ...message, text: `tea\u202e or ${"coffee ".repeat(9)}` };
    assert.equal(
      shown({ text: "yes", replyTo: X, reactions }, asked),
      lines(
        "bob",
        `↳ ${"tea or coffee coffee coffee coffee coffee".slice(0, 40)}…`,
        "yes",
        "👍 bob  ❤️ you",
      ),
    );
    const gone = { ...message, text: "", deleted: true };
    assert.equal(shown({ replyTo: X }, gone), lines("bob", "↳ (deleted)", "hello"));
    assert.equal(
      shown({ replyTo: X }),
      lines("bob", "↳ (a message that is not stored here)", "hello"),
    );
  });

  it("says that it was edited or deleted, and when the other side does not know yet", () => {
    assert.equal(shown({ edited: true }), lines("bob", "hello (edited)"));
    const mine = { direction: "out", state: "delivered", changing: true } as const;
    assert.equal(
      shown({ ...mine, edited: true }),
      lines("you", "hello (edited)  [delivered; change waiting for peer]"),
    );
    assert.equal(
      shown({ ...mine, text: "", deleted: true }),
      lines("you", "(deleted)  [change waiting for peer]"),
    );
  });

  it("says when it arrived, where its sender claims a time far from that", () => {
    for (const apart of [11 * 60_000, -11 * 60_000]) {
      const storedAt = message.sentAt + apart;
      const note = `hello  [arrived ${formatTime(storedAt)}]`;
      assert.equal(shown({ storedAt }), lines("bob", note));
      assert.equal(shown({ storedAt, direction: "out" }), lines("you", "hello"));
    }
    assert.equal(shown({ storedAt: message.sentAt + 9 * 60_000 }), lines("bob", "hello"));
  });

  it("says that it is late, and that a message before it is missing", () => {
    assert.equal(shown({ late: true }), lines("bob", "hello  [late]"));
    const both = "hello  [a message before it is missing; late]";
    assert.equal(shown({ gap: true, late: true }), lines("bob", both));
  });

  it("cannot be made to command the terminal by text or reaction", () => {
    const reactions = [{ direction: "in", emoji: "\u001b[2J" }] as const;
    const line = shown({ text: "\u001b]0;x\u0007\u202e", reactions });
    for (const sign of ["\u001b", "\u0007", "\u202e"])
      assert.ok(!line.includes(sign), JSON.stringify(line));
  });
});

describe("the reachability of a node as text", () => {
  it("says that no peer could test it, rather than that it has no public address", () => {
    const untested = { address: "/ip4/203.0.113.7/tcp/1", reached: 0, failed: 0, failures: [] };
    const text = (addresses: readonly (typeof untested)[]) =>
      reachabilityText({ verdict: "unreachable", addresses, asked: 1, seenAs: [] });
    assert.equal(text([]), "on the local network only: no public address");
    assert.equal(text([untested]), "unknown: no peer could test an address of this node");
  });
});

describe("a contact in a list", () => {
  const contact: Contact = {
    ...shownContact,
    name: "anna-2",
    named: false,
    profileName: "\u0430nna",
    looksLike: { account: "c".repeat(52) as Contact["account"], name: "anna" },
  };
  const notes = (changed: Partial<Contact>) =>
    contactLine({ ...contact, ...changed }, 6)
      .split(/ {2,}/)
      .at(-1);

  it("has a mark if its name looks like another one, also where it is verified", () => {
    assert.equal(notes({}), 'verified, LOOKS LIKE "anna", calls itself "\u0430nna"');
    assert.equal(notes({ named: true }), 'verified, LOOKS LIKE "anna"');
  });

  it("shows what it calls itself, unless the user chose the name", () => {
    const { looksLike, ...plain } = contact;
    const line = (changed: Partial<Contact>) => contactLine({ ...plain, ...changed }, 6);
    assert.match(line({}), /verified, calls itself "\u0430nna"$/);
    assert.match(line({ named: true }), /verified$/);
    assert.match(line({ profileName: "anna-2" }), /verified$/);
  });
});

describe("the route of a link in a terminal", () => {
  const told = (route: Contact["route"]) => {
    const contact: Contact = { ...shownContact, online: true, ...(route && { route }) };
    const sent = { ...message, direction: "out", state: "delivered" } as const;
    const result = { contact, message: sent, timedOut: false, elapsed: 5 };
    return [
      sendOutcome(result),
      sendOutcome({ ...result, timedOut: true }),
      changeOutcome({ ...sent, text: "before" }, result),
      contactStateText(contact),
    ];
  };

  it("is called direct only where no proxy carries it", () => {
    for (const [route, note] of [
      ["direct", " (direct)"],
      ["proxy", " (via proxy)"],
      [undefined, ""],
    ] as const)
      assert.deepEqual(told(route), [
        `delivered in 5 ms${note}`,
        `delivered${note}`,
        `delivered in 5 ms${note}`,
        `online${note}`,
      ]);
  });
});
