import assert from "node:assert/strict";
import type { Message, NodeEvent } from "../../../src/api/index.ts";
import { type MessageId, written } from "../../../src/base/index.ts";
import { describeArrivals } from "../../../src/cli/process/arrivals.ts";
import { shownContact } from "../contact.ts";

const { account } = shownContact;
const received: Message = {
  ...{ id: "aaaaaaaaaaaaaaaaaaaaaaaaaa" as MessageId, ref: account, contact: account },
  ...{ direction: "in", text: "a secret text", state: "received", at: 1, position: "" },
  ...{ sentAt: 0, storedAt: 0, edited: false, deleted: false, reactions: [], changing: false },
};

/** The lines for these events of a node that knows bob. */
function lines(...events: readonly NodeEvent[]): string[] {
  const describe = describeArrivals(new Map([[account, "bob"]]));
  return events.flatMap((event) => {
    const text = describe(event);
    return text === undefined ? [] : [written(text)];
  });
}

describe("the terminal of a node in the foreground", () => {
  it("shows who comes and goes, and that a message came, without its text", () => {
    assert.deepEqual(
      lines(
        { type: "presence", contact: { ...shownContact, online: true } },
        { type: "message.new", message: received },
        { type: "presence", contact: shownContact },
        { type: "presence", contact: { ...shownContact, recentlySeen: true } },
      ),
      ["bob is online", "New message from bob: sotto read bob", "bob is offline"],
    );
  });

  it("shows a contact once it is confirmed, under its new name", () => {
    const invited = { ...shownContact, pairing: "invited" } as const;
    const anna = { ...shownContact, name: "anna b" };
    assert.deepEqual(
      lines(
        { type: "contact.changed", contact: shownContact },
        { type: "contact.changed", contact: invited },
        { type: "contact.changed", contact: anna },
        { type: "contact.changed", contact: anna },
        { type: "message.new", message: received },
      ),
      ["anna b was added", "New message from anna b: sotto read 'anna b'"],
    );
  });

  it("shows requests, a changed timer and a changed key, and nothing of our own", () => {
    assert.deepEqual(
      lines(
        { type: "contact.request", contact: shownContact },
        { type: "message.new", message: { ...received, notice: { kind: "timer", ms: 3_600_000 } } },
        { type: "key.changed", contact: shownContact },
        { type: "message.new", message: { ...received, direction: "out" } },
        { type: "message.state", message: received },
        { type: "typing", contact: shownContact, until: 0 },
      ),
      [
        "bob asks to be added: sotto requests ls",
        "bob set messages to disappear after 1 h",
        "bob: KEY CHANGED, nothing is sent: sotto verify bob",
      ],
    );
  });
});
