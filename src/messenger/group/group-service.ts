/**
 * The groups of this node at work: what links and the inbox report to them, and what the user does
 * with them. Members that are contacts are linked with over their pair links.
 */
import { type AccountId, accountId, type MessageId, SottoError } from "../../base/index.ts";
import { type GroupId, type MemberId, memberOf } from "../../group/index.ts";
import type {
  GroupInvitationView,
  GroupMemberView,
  GroupReachView,
  GroupView,
} from "../../model/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import type { Link as GroupMessage } from "../../wire/index.ts";
import type { GroupConversation } from "../group-messages/conversation.ts";
import { createGroup } from "../group-state/author.ts";
import type { Group } from "../group-state/group.ts";
import type { GroupsContext } from "../group-state/group-context.ts";
import type { GroupStore } from "../group-state/group-store.ts";
import { GroupViewer } from "../group-state/group-views.ts";
import type { Invitations } from "../group-state/invitations.ts";
import { spendKeys } from "../group-state/sealed-rows.ts";
import type { GroupsApi } from "../model/groups-api.ts";
import type { MessageRow } from "../model/message.ts";
import type { Link, Peer } from "../model/peer.ts";
import type { ContactStore } from "../state/contact-store.ts";
import type { Context, GroupPort } from "../state/context.ts";
import { GroupActions } from "./group-actions.ts";
import { accept, decline, invite } from "./invite.ts";
import { dissolve, leave, remove, setReceipts, setRole, setText, setTimer } from "./membership.ts";
import { invitationNamed, inviterOf, memberNamed, openInvitations } from "./named.ts";
import { PairCarrier } from "./pair-carrier.ts";
import { type MemberLink, RunningGroup } from "./running-group.ts";
import { whoHas } from "./who.ts";

interface Parts {
  readonly groups: GroupStore;
  readonly invitations: Invitations;
  readonly contactStore: ContactStore;
}

/** How long (ms) a group link that could not send rests before it begins again. */
const RESUME = 10_000;

/** A pair link that carries group frames. */
interface Carrying {
  readonly peer: Peer;
  readonly link: Link;
  readonly carrier: PairCarrier;
  /** Groups whose frames are ignored on this link, after something that no honest member sends. */
  readonly muted: Set<GroupId>;
}

export class GroupService implements GroupPort, GroupsApi {
  readonly viewer: GroupViewer;
  readonly #parts: Parts;
  readonly #running = new Map<GroupId, RunningGroup>();
  readonly #carriers = new Map<Link, Carrying>();
  #context: GroupsContext | undefined;
  #actions: GroupActions | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    const isLinked = (group: Group, account: AccountId): boolean =>
      this.#linkWith(group, account)?.standing === "member";
    this.viewer = new GroupViewer({ ...parts, isLinked });
  }

  /** Gives the service the context that it is a part of. Called once, before the start. */
  attach(context: Context): void {
    const { groups, invitations } = this.#parts;
    const spread: GroupsContext["spread"] = (group, records) => {
      this.#running.get(group.row.id)?.spread(records);
      // Members that the operation ended or added have other links now.
      this.#relink(group);
      this.#running.get(group.row.id)?.conversation.wake();
    };
    const joined = (group: Group): void => {
      this.#run(group);
      this.#relink(group);
    };
    this.#context = { ...context, groups, invitations, viewer: this.viewer, spread, joined };
    this.#actions = new GroupActions(this.#context);
  }

  start(): void {
    for (const group of this.#parts.groups.all()) this.#run(group);
    this.#actions?.wake();
  }

  /** Ends what runs. Jobs that hold a lock are awaited by the caller. */
  stop(): void {
    for (const running of this.#running.values()) running.stop();
    this.#running.clear();
    for (const { carrier } of this.#carriers.values()) carrier.close();
    this.#carriers.clear();
  }

  /** The conversation of a group that is at work. Throws store-closed once the node stops. */
  conversationOf(group: { readonly row: { readonly id: GroupId } }): GroupConversation {
    const running = this.#running.get(group.row.id);
    if (running === undefined) throw new SottoError("store-closed", "The node is stopping.");
    return running.conversation;
  }

  /** Something was read in a group, which is acknowledged if it is at work. */
  wake(group: { readonly row: { readonly id: GroupId } }): void {
    this.#running.get(group.row.id)?.conversation.wake();
  }

  /** Contacts that are other members of a group. */
  contactsIn(owner: { readonly row: { readonly ref: string } }): Peer[] {
    const group = this.#parts.groups.byRef(owner.row.ref);
    return [...(group?.state.members.values() ?? [])].flatMap(
      ({ entry }) => this.#parts.contactStore.byAccount(entry.account) ?? [],
    );
  }

  // What links and the inbox report.

  hasToSend({ contact }: Peer): boolean {
    return this.#parts.groups
      .all()
      .some(({ outbox, state }) =>
        outbox.size > 0
          ? [...state.members.values()].some(({ entry }) => entry.account === contact.account)
          : false,
      );
  }

  actionKept(): void {
    this.#actions?.wake();
  }

  linkReady(peer: Peer, link: Link): void {
    const theirs = link.theirGroupKey;
    if (theirs === undefined || this.#context === undefined) return;
    const carrier = new PairCarrier(this.#context.crypto, link, theirs);
    this.#carriers.set(link, { peer, link, carrier, muted: new Set() });
    for (const group of this.#parts.groups.all()) this.#relink(group);
  }

  linkEnded(_peer: Peer, link: Link): void {
    const carrying = this.#carriers.get(link);
    if (carrying === undefined) return;
    this.#carriers.delete(link);
    carrying.carrier.close();
    for (const running of this.#running.values()) {
      const member = this.#memberOf(running.group, carrying.peer.contact.account);
      if (running.linkOf(member)?.key === carrying.carrier.key) running.ended(member);
    }
    for (const group of this.#parts.groups.all()) this.#relink(group);
  }

  takeFrame(link: Link, frame: Uint8Array): boolean {
    const carrying = this.#carriers.get(link);
    const opened = carrying?.carrier.open(frame);
    if (carrying === undefined || opened === undefined) return false;
    const running = this.#running.get(opened.group);
    if (running === undefined || carrying.muted.has(opened.group)) return true;
    const member = this.#memberOf(running.group, carrying.peer.contact.account);
    if (running.linkOf(member)?.key !== carrying.carrier.key) this.#link(running, carrying, true);
    const found = running.linkOf(member);
    if (found?.key === carrying.carrier.key) running.received(found, opened.message);
    return true;
  }

  async spendKeys(ref: string, rows: readonly MessageRow[]): Promise<StoreOp[]> {
    if (this.#parts.groups.byRef(ref) === undefined) return [];
    return spendKeys(this.#ready().store, ref, rows);
  }

  // What the user does.

  async create(name: string): Promise<GroupView> {
    const group = await createGroup(this.#ready(), name);
    this.#run(group);
    return this.viewer.view(group);
  }

  list(): GroupView[] {
    return this.#parts.groups.all().map((group) => this.viewer.view(group));
  }

  invitations(): GroupInvitationView[] {
    return openInvitations(this.#ready()).map((each) => this.viewer.received(each));
  }

  show(group: string): GroupView {
    return this.viewer.view(this.#parts.groups.find(group));
  }

  members(group: string): GroupMemberView[] {
    return this.viewer.members(this.#parts.groups.find(group));
  }

  async invite(group: string, who: string): Promise<void> {
    await invite(this.#ready(), this.#parts.groups.find(group), this.#parts.contactStore.find(who));
  }

  async join(group: string, from?: string): Promise<GroupInvitationView> {
    const invitation = invitationNamed(this.#ready(), group, from);
    const peer = inviterOf(this.#ready(), invitation);
    await accept(this.#ready(), peer, invitation);
    return this.viewer.received(
      this.#parts.invitations.received(invitation.group, invitation.from) ?? invitation,
    );
  }

  async decline(group: string, from?: string): Promise<void> {
    const invitation = invitationNamed(this.#ready(), group, from);
    await decline(this.#ready(), inviterOf(this.#ready(), invitation), invitation);
  }

  async remove(group: string, member: string): Promise<GroupView> {
    const found = this.#parts.groups.find(group);
    await remove(this.#ready(), found, memberNamed(this.viewer, found, member));
    return this.viewer.view(found);
  }

  async setRole(
    group: string,
    member: string,
    role: "admin" | "member" | "reader",
  ): Promise<GroupView> {
    const found = this.#parts.groups.find(group);
    await setRole(this.#ready(), found, memberNamed(this.viewer, found, member), role);
    return this.viewer.view(found);
  }

  async set(group: string, setting: "name" | "topic", text: string): Promise<GroupView> {
    const found = this.#parts.groups.find(group);
    await setText(this.#ready(), found, setting, text);
    return this.viewer.view(found);
  }

  async setTimer(group: string, ms: number): Promise<GroupView> {
    const found = this.#parts.groups.find(group);
    await setTimer(this.#ready(), found, ms);
    return this.viewer.view(found);
  }

  async setReceipts(group: string, on: boolean): Promise<GroupView> {
    const found = this.#parts.groups.find(group);
    await setReceipts(this.#ready(), found, on);
    return this.viewer.view(found);
  }

  async who(id: MessageId, group?: string): Promise<GroupReachView[]> {
    return whoHas(this.#ready(), this.viewer, id, group);
  }

  async leave(group: string): Promise<GroupView> {
    const found = this.#parts.groups.find(group);
    await leave(this.#ready(), found);
    return this.viewer.view(found);
  }

  async dissolve(group: string): Promise<GroupView> {
    const found = this.#parts.groups.find(group);
    await dissolve(this.#ready(), found);
    return this.viewer.view(found);
  }

  // Links.

  #ready(): GroupsContext {
    if (this.#context === undefined)
      throw new SottoError("internal", "The groups have no context.");
    return this.#context;
  }

  /** Has a group at work, which may have been made or joined just now. */
  #run(group: Group): void {
    if (this.#running.has(group.row.id)) return;
    const links = {
      publish: ({ row }: Group, message: Uint8Array) => this.#running.get(row.id)?.publish(message),
      spread: ({ row }: Group, records: readonly Uint8Array[]) =>
        this.#running.get(row.id)?.spread(records),
    };
    const changed = (each: Group): void => this.#relink(each);
    this.#running.set(group.row.id, new RunningGroup(this.#ready(), links, group, changed));
    this.#relink(group);
    this.#running.get(group.row.id)?.start();
  }

  /** Makes and ends the links of a group as its members are now. */
  #relink(group: Group): void {
    if (this.#context === undefined) return;
    const running = this.#running.get(group.row.id);
    if (running === undefined) return;
    for (const carrying of this.#carriers.values()) this.#link(running, carrying, false);
  }

  /** @param asked whether the other side has sent something for this group. */
  #link(running: RunningGroup, carrying: Carrying, asked: boolean): void {
    const { group } = running;
    const { peer, carrier, muted } = carrying;
    // A link that another one has taken the place of carries nothing more.
    if (peer.link !== carrying.link) return;
    const { account, blocked } = peer.contact;
    const member = this.#memberOf(group, account);
    const standing = blocked ? undefined : standingTo(group, member, account);
    const before = running.linkOf(member);
    const isOurs = before?.key === carrier.key;
    const keeps =
      standing === "member" || (standing !== undefined && (asked || isAdder(group, account)));
    if (isOurs && before?.standing === standing) return;
    if (isOurs && before !== undefined) running.ended(member);
    if (!keeps || standing === undefined || muted.has(group.row.id)) return;
    const link: MemberLink = {
      ...{ member, key: carrier.key, standing },
      ...{ provisional: standing === "unknown", removed: standing === "removed" },
      send: (message: GroupMessage) => {
        const sent = carrier.send(group.row.id, message);
        if (!sent) this.#resume(running, link);
        return sent;
      },
      close: () => {
        muted.add(group.row.id);
        running.ended(member);
      },
    };
    running.linked(link);
  }

  /** Begins again with a member whose link had too much to send, once it had some time. */
  #resume(running: RunningGroup, link: MemberLink): void {
    this.#ready().clock.after(RESUME, () => {
      if (running.linkOf(link.member) !== link) return;
      running.ended(link.member);
      this.#relink(running.group);
    });
  }

  #linkWith(group: Group, account: AccountId): MemberLink | undefined {
    return this.#running.get(group.row.id)?.linkOf(this.#memberOf(group, account));
  }

  #memberOf(group: Group, account: AccountId): MemberId {
    return memberOf(this.#ready().crypto, group.row.id, accountId.bytes(account));
  }
}

/** What an account is to a group by our log. */
function standingTo(
  { state, row }: Group,
  member: MemberId,
  account: AccountId,
): MemberLink["standing"] | undefined {
  if (member === row.us) return undefined;
  if (row.standing === "removed") return undefined;
  if (state.members.has(member)) return "member";
  if (state.cutoffs.has(member)) return "removed";
  return row.standing === "welcomed" && row.welcome?.from !== account ? undefined : "unknown";
}

/** Who added this node is linked with before the log is here. */
const isAdder = ({ row }: Group, account: AccountId): boolean =>
  row.standing === "welcomed" && row.welcome?.from === account;
