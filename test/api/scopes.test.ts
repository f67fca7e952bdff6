import assert from "node:assert/strict";
import { allows, methods } from "../../src/api/contract.ts";
import type { MethodName, Row, Scope } from "../../src/api/index.ts";

/**
 * Which row each method is in, written a second time: a method that is added, or moved to another
 * row, has to be decided here as well.
 */
const rows: Readonly<Record<Row, string>> = {
  every: "connection.restrict node.state rpc.discover",
  post: "message.post typing.send",
  read: `
    account.show node.status contact.list contact.show contact.number request.list message.list
    message.count message.search message.find event.subscribe net.peers conversation.list
    conversation.get draft.get draft.list history.list group.list group.show group.members group.who
  `,
  send: `
    message.send message.edit message.delete message.react message.cancel message.resend message.markRead draft.set
    conversation.markUnread
  `,
  manage: `
    contact.add contact.rename contact.block contact.unblock contact.remove contact.invites
    conversation.set contact.set
    contact.receipts contact.policy contact.timer contact.verify contact.unverify request.accept
    request.deny invite.create invite.list invite.revoke net.check net.rotate net.invisible
    net.public net.decoys net.ping net.bootstrap.list net.bootstrap.add net.bootstrap.remove
    doctor.node doctor.contact node.lock audit.show store.check group.create group.invite
    group.join group.decline group.remove group.role group.set group.leave group.dissolve
  `,
  admin: `
    account.words backup.create backup.read store.protect node.unlock node.stop event.follow
    event.read event.ack event.unfollow event.followers token.create token.list token.revoke
  `,
};
const inRow = (row: Row): readonly string[] => rows[row].trim().split(/\s+/);

const scopes: Readonly<Record<Scope, readonly Row[]>> = {
  post: ["every", "post"],
  read: ["every", "read"],
  send: ["every", "read", "post", "send"],
  manage: ["every", "read", "post", "send", "manage"],
  admin: ["every", "read", "post", "send", "manage", "admin"],
};

/** What a token that is limited to some contacts can call, beside what every connection can. */
const limited = `
  account.show contact.list contact.show contact.number message.list message.count message.search
  message.find event.subscribe message.post typing.send message.send message.edit message.delete
  message.react conversation.get conversation.list
  conversation.markUnread draft.get draft.list draft.set history.list message.cancel message.resend message.markRead
`
  .trim()
  .split(/\s+/);

describe("api/scopes", () => {
  it("have every method in exactly one row", () => {
    const listed = (Object.keys(rows) as Row[]).flatMap((row) =>
      inRow(row).map((name) => [name, row]),
    );
    const tabled = Object.entries(methods).map(([name, { row }]) => [name, row]);
    assert.deepEqual(listed.sort(), tabled.sort());
  });

  for (const [scope, allowed] of Object.entries(scopes) as [Scope, readonly Row[]][]) {
    it(`${scope} allows its rows and nothing else`, () => {
      const granted = (Object.keys(methods) as MethodName[]).filter((each) => allows(scope, each));
      assert.deepEqual(granted.sort(), allowed.flatMap(inRow).sort());
    });
  }

  it("limit a token to methods that concern its contacts alone", () => {
    const marked = Object.entries(methods).flatMap(([name, spec]) => (spec.limited ? [name] : []));
    assert.deepEqual(marked.sort(), limited.sort());
    const wide = limited.filter((each) => !allows("send", each));
    assert.deepEqual(wide, []);
  });

  it("post reads no message, no list and no event", () => {
    const reading = /\.(list|show|get|search|find|count|read|subscribe|follow|status|peers)$/;
    assert.deepEqual(
      Object.keys(methods).filter((each) => reading.test(each) && allows("post", each)),
      [],
    );
  });

  it("allow no unknown method, not even to admin", () => {
    for (const name of ["x.y", "toString", "__proto__", "constructor"])
      assert.equal(allows("admin", name), false);
  });
});
