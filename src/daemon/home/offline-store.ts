/** The store of a home without a running node: the methods that only read it. */
import type { MethodName, Params, Paths, Result } from "../../api/index.ts";
import { type HostId, SottoError } from "../../base/index.ts";
import { bestCrypto } from "../../crypto/index.ts";
import { createMessenger } from "../../messenger/index.ts";
import { type Rendezvous, silent, type Transport } from "../../ports/index.ts";
import { createCleanup } from "../process/cleanup.ts";
import { systemClock } from "../process/system-clock.ts";
import { createDispatch, inProcessCaller } from "../rpc/dispatch.ts";
import { createEventRing } from "../rpc/event-ring.ts";
import type { Controls } from "../rpc/methods/method-types.ts";
import { keepDecoys, keepInvisible, keepPublic, readConfig } from "../settings/config.ts";
import { openHome, readProtectionOf } from "./home.ts";
import { lockHome } from "./lock-home.ts";
import { loadTokens } from "./tokens.ts";

export interface Offline {
  /** Calls a method. One that needs a node (`answeredFromStore`) throws `node-not-running`. */
  call<Name extends MethodName>(method: Name, params: Params<Name>): Promise<Result<Name>>;
  close(): Promise<void>;
}

/**
 * Whether each method is answered without a node. Those that are change no message and no contact;
 * some change the settings for the next start.
 */
const answeredFromStore: Readonly<Record<MethodName, boolean>> = {
  "account.show": true,
  "account.words": false,
  "audit.show": false,
  "backup.create": true,
  "backup.read": true,
  "connection.restrict": false,
  "contact.add": false,
  "contact.block": false,
  "contact.invites": true,
  "contact.list": true,
  "contact.number": true,
  "contact.policy": false,
  "contact.receipts": false,
  "contact.remove": false,
  "contact.rename": false,
  "contact.set": false,
  "contact.show": true,
  "contact.timer": false,
  "contact.unblock": false,
  "contact.unverify": false,
  "contact.verify": false,
  "conversation.get": true,
  "conversation.list": true,
  "conversation.markUnread": false,
  "conversation.set": false,
  "doctor.contact": false,
  "doctor.node": false,
  "draft.get": true,
  "draft.list": true,
  "draft.set": false,
  "event.ack": false,
  "event.follow": false,
  "event.followers": true,
  "event.read": false,
  "event.subscribe": false,
  "event.unfollow": false,
  "group.create": false,
  "group.decline": false,
  "group.dissolve": false,
  "group.invite": false,
  "group.join": false,
  "group.leave": false,
  "group.list": true,
  "group.members": true,
  "group.remove": false,
  "group.role": false,
  "group.set": false,
  "group.show": true,
  "group.who": true,
  "history.list": true,
  "invite.create": false,
  "invite.list": true,
  "invite.revoke": false,
  "message.cancel": false,
  "message.count": true,
  "message.delete": false,
  "message.edit": false,
  "message.find": true,
  "message.list": true,
  "message.markRead": false,
  "message.post": false,
  "message.react": false,
  "message.resend": false,
  "message.search": true,
  "message.send": false,
  "net.bootstrap.add": false,
  "net.bootstrap.list": true,
  "net.bootstrap.remove": false,
  "net.check": false,
  "net.decoys": true,
  "net.invisible": true,
  "net.peers": false,
  "net.ping": false,
  "net.public": true,
  "net.rotate": false,
  "node.lock": false,
  "node.state": false,
  "node.status": false,
  "node.stop": false,
  "node.unlock": false,
  "request.accept": false,
  "request.deny": false,
  "request.list": true,
  "rpc.discover": true,
  "store.check": false,
  "store.protect": false,
  "token.create": false,
  "token.list": true,
  "token.revoke": true,
  "typing.send": false,
};

const needsNode = (): never => {
  throw new SottoError("node-not-running", "No node is running.");
};

const transport: Transport = {
  host: "" as HostId,
  addresses: () => [],
  dial: async () => needsNode(),
  onChannel: () => undefined,
  onOffer: () => undefined,
  onAddresses: () => undefined,
};

const controls: Controls = {
  state: needsNode,
  lock: needsNode,
  unlock: needsNode,
  prove: needsNode,
  protect: needsNode,
  stop: needsNode,
};

const rendezvous: Rendezvous = {
  publish: async () => 0,
  lookup: async function* () {},
  peers: () => 0,
  onPeer: () => undefined,
};

/**
 * Opens the store of a home as a node does, without network: messages that a node would delete now
 * are not shown, but not deleted either. Throws `no-account`, `node-already-running`,
 * `config-invalid`, and what `openHome` throws.
 */
export async function openOffline(
  paths: Pick<Paths, "home" | "config">,
  passphrase: string | undefined,
): Promise<Offline> {
  const cleanup = createCleanup();
  try {
    if ((await readProtectionOf(paths.home)) === undefined)
      throw new SottoError("no-account", "There is no account in this home directory.");
    const crypto = await bestCrypto();
    const config = await readConfig(paths.config, {});
    const lock = await lockHome(paths, crypto);
    cleanup.take(() => lock.release());
    const { store } = await openHome(
      { directory: paths.home, crypto, clock: systemClock, log: silent },
      { passphrase: async () => passphrase, account: async () => undefined },
    );
    cleanup.take(() => store.close());
    const messenger = await createMessenger({
      crypto,
      store,
      transport,
      rendezvous,
      clock: systemClock,
      log: silent,
      receipts: config.receipts,
      lastSeen: config.lastSeen,
      history: config.history,
      ...(config.retention !== undefined && { retention: config.retention }),
      hidesDue: true,
    });
    cleanup.take(() => messenger.stop());
    const dispatch = createDispatch({
      messenger,
      network: {
        state: needsNode,
        peers: () => [],
        rotate: async () => needsNode(),
        check: async () => needsNode(),
        setInvisible: (on) => keepInvisible(paths.config, on),
        setDecoys: (step) => keepDecoys(paths.config, step),
        setPublic: (on) => keepPublic(paths.config, on),
        bootstrap: () =>
          config.bootstrap.map((address) => ({ address, state: "searching", origin: "own" })),
        best: () => config.bootstrap,
        learn: async () => needsNode(),
        addBootstrap: async () => needsNode(),
        removeBootstrap: async () => needsNode(),
      },
      tokens: await loadTokens({ store, crypto, clock: systemClock, closed: () => undefined }),
      clock: systemClock,
      controls,
      ring: createEventRing(crypto),
      status: needsNode,
      audit: needsNode,
      doctor: { node: needsNode, contact: needsNode },
      words: needsNode,
      check: needsNode,
    });
    return {
      async call(method, params) {
        if (!answeredFromStore[method]) needsNode();
        return (await dispatch(method, params, inProcessCaller())) as never;
      },
      close: () => cleanup.all(),
    };
  } catch (error) {
    await cleanup.all().catch(() => undefined);
    throw error;
  }
}
