import assert from "node:assert/strict";
import { KeyedMutex, utf8 } from "../../../src/base/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { settingFields } from "../../../src/group/index.ts";
import { author, createGroup } from "../../../src/messenger/group-state/author.ts";
import { nameOf } from "../../../src/messenger/group-state/group.ts";
import type { AuthorContext } from "../../../src/messenger/group-state/group-context.ts";
import { GroupStore, withGroupLock } from "../../../src/messenger/group-state/group-store.ts";
import { GroupViewer } from "../../../src/messenger/group-state/group-views.ts";
import { Invitations } from "../../../src/messenger/group-state/invitations.ts";
import { ContactStore } from "../../../src/messenger/state/contact-store.ts";
import { EventBus, EventLog } from "../../../src/messenger/state/event-log.ts";
import { createAccount, loadIdentity } from "../../../src/messenger/state/identity.ts";
import { type SteadyClock, type Store, silent, type Transport } from "../../../src/ports/index.ts";
import { memoryStore } from "../../../src/store/index.ts";

const crypto = nodeCrypto();
const clock: SteadyClock = { now: () => 1_000, elapsed: () => 0, after: () => () => undefined };

/** The groups of a node with an account, on a store. */
async function opened(store: Store): Promise<AuthorContext> {
  const groups = await GroupStore.load(crypto, store);
  const never = (): never => assert.fail("nothing of a transport is asked");
  const transport = { addresses: never } as unknown as Transport;
  const contactStore = await ContactStore.load(store, { clock, receipts: true, transport });
  const invitations = await Invitations.load(store);
  return {
    ...{ crypto, store, clock, locks: new KeyedMutex<string>() },
    identity: await loadIdentity(crypto, store),
    eventLog: await EventLog.load(store, new EventBus(silent)),
    groups,
    viewer: new GroupViewer({ groups, invitations, contactStore, isLinked: () => false }),
    spread: () => undefined,
    stopping: { now: false },
  };
}

async function newNode(): Promise<AuthorContext> {
  const store = memoryStore();
  await createAccount({ crypto, store, clock }, { name: "Anna" });
  return opened(store);
}

describe("The groups of a node", () => {
  it("has the maker of a group as its owner and only member, also after a restart", async () => {
    const node = await newNode();
    const made = await createGroup(node, "Club");
    const again = await opened(node.store);
    for (const group of [made, again.groups.find("group:club")]) {
      const roles = [...group.state.members].map(([member, { role }]) => [member, role]);
      assert.deepEqual(roles, [[made.row.us, "owner"]]);
      assert.equal(nameOf(group), "Club");
    }
    assert.deepEqual(again.groups.find(made.row.id).row, made.row);
  });

  it("gives groups of one name different aliases", async () => {
    const node = await newNode();
    const groups = await Promise.all([createGroup(node, "Club"), createGroup(node, "club")]);
    assert.deepEqual(
      groups.map(({ row }) => row.alias),
      ["Club", "club-2"],
    );
    assert.throws(() => node.groups.find("group:other"), { code: "group-unknown" });
  });

  it("keeps what an operation changed, in the order in which they were authored", async () => {
    const node = await newNode();
    const group = await createGroup(node, "Club");
    const rename = (name: string) =>
      withGroupLock(node, group, () =>
        author(node, group, { kind: "set", field: settingFields.name, value: utf8(name) }),
      );
    await Promise.all([rename("Chess"), rename("Choir")]);
    assert.equal(nameOf(group), "Choir");
    const again = (await opened(node.store)).groups.find(group.row.id);
    assert.deepEqual([nameOf(again), again.nextOp], ["Choir", 3]);
  });

  it("changes nothing of a group where the commit fails", async () => {
    const node = await newNode();
    const group = await createGroup(node, "Club");
    const store = { ...node.store, commit: () => Promise.reject(new Error("disk")) };
    const eventLog = await EventLog.load(store, new EventBus(silent));
    const failing = { ...node, store, eventLog };
    const set = { kind: "set", field: settingFields.name, value: utf8("Chess") } as const;
    await assert.rejects(author(failing, group, set));
    await assert.rejects(createGroup(failing, "Choir"));
    assert.deepEqual([nameOf(group), group.nextOp, node.groups.all()], ["Club", 1, [group]]);
    assert.equal((await createGroup(node, "Choir")).row.alias, "Choir");
  });
});
