import assert from "node:assert/strict";
import type { Invite, Message, NodeEvent } from "../../../src/api/index.ts";
import {
  authorName,
  eventWithName,
  inviteWithNames,
  messageWithName,
  nameIn,
  namesOf,
  resultWithName,
} from "../../../src/cli/format/with-names.ts";
import { shownContact } from "../contact.ts";

const { account } = shownContact;
const names = namesOf([shownContact]);
const message = { ref: account as string, contact: account, sentAt: 1, storedAt: 2 } as Message;

describe("JSON of the command line", () => {
  it("has the contact's name and both times in each message", () => {
    const expected = { ...message, contactName: "bob" };
    assert.deepEqual(messageWithName(message, names), expected);
    const result = { contact: shownContact, message, elapsed: 3 };
    const conversation = { ref: account, name: "bob" };
    assert.deepEqual(resultWithName(result, conversation), { ...result, message: expected });
    const event: NodeEvent = { type: "message.new", message };
    assert.deepEqual(eventWithName(event, names), { type: "message.new", message: expected });
    assert.deepEqual(messageWithName(message, new Map()), message);
  });

  it("has the name of a group, and names a member as a contact or by its own name", () => {
    const inGroup = { ref: "group:0a", group: "0a", sentAt: 1, storedAt: 2 } as Message;
    const known = new Map([...names, ["group:0a", "club"]]);
    assert.deepEqual(messageWithName(inGroup, known), { ...inGroup, groupName: "club" });
    assert.deepEqual([nameIn("group:0a", known), nameIn("group:0b", known)], ["#club", "group:0b"]);
    assert.equal(authorName({ account, name: "robert", member: "01" }, known), "bob");
    assert.equal(authorName({ name: "robert", member: "01" }, known), "~robert");
    assert.equal(authorName({ name: "", member: "01" }, known), "~01");
  });

  it("has the name in an event about an account, and leaves other events as they are", () => {
    const removed: NodeEvent = { type: "contact.removed", account };
    assert.deepEqual(eventWithName(removed, names), { ...removed, contactName: "bob" });
    const presence: NodeEvent = { type: "presence", contact: shownContact };
    assert.deepEqual(eventWithName(presence, names), presence);
  });

  it("has the names of those who used an invite", () => {
    const invite = { usedBy: [account, "c".repeat(52)] } as unknown as Invite;
    assert.deepEqual(inviteWithNames(invite, names), {
      ...invite,
      users: [{ account, contactName: "bob" }, { account: "c".repeat(52) }],
    });
  });
});
