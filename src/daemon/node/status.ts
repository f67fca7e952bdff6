/** The status of a node, collected from its parts. */
import { apiVersion, type NodeState, type NodeStatus, version } from "../../api/index.ts";
import type { ContactView, Messenger } from "../../messenger/index.ts";
import type { SottoNode } from "../../node/index.ts";
import type { DiskStore } from "../../store/index.ts";
import type { Config } from "../settings/config.ts";

export interface StatusParts {
  readonly state: NodeState;
  readonly config: Pick<Config, "history" | "retention">;
  readonly messenger: Messenger;
  readonly node: SottoNode;
  readonly store: Pick<DiskStore, "damage" | "rolledBack">;
  readonly engine: string;
  /** The HTTP endpoint, where it is switched on. */
  readonly http: NodeStatus["http"];
}

/** The state of a node, open or locked. */
export function stateOf(state: Omit<NodeState, "version" | "apiVersion" | "pid">): NodeState {
  return { version, apiVersion, pid: process.pid, ...state };
}

/** Messages that wait because of the policy of their contact. */
function keptBack(contacts: readonly ContactView[]): NodeStatus["keptBack"] {
  const sum = { lan: 0, proxy: 0, "no-proxy": 0 };
  for (const { awaits, waiting } of contacts) if (awaits !== undefined) sum[awaits] += waiting;
  return sum;
}

export function statusOf({
  state,
  config,
  messenger,
  node,
  store,
  engine,
  http,
}: StatusParts): NodeStatus {
  const contacts = messenger.contacts();
  const { host, addresses, ...net } = node.status();
  const { damage, rolledBack } = store;
  return {
    ...state,
    state: "open",
    account: messenger.self(),
    host,
    addresses,
    net,
    contacts: {
      total: contacts.length,
      online: contacts.filter(({ online }) => online).length,
      requests: contacts.filter(({ pairing }) => pairing === "requested").length,
    },
    waiting: contacts.reduce((sum, contact) => sum + contact.waiting, 0),
    keptBack: keptBack(contacts),
    unread: messenger.unread(),
    invisible: messenger.health().invisible,
    decoys: messenger.health().decoys,
    disk: messenger.health().disk,
    history: config.history,
    ...(config.retention !== undefined && { retention: config.retention }),
    ...(damage && { damage: { message: damage.message, remedy: damage.remedy } }),
    ...(rolledBack && { rolledBack: true as const }),
    ...(http && { http }),
    engine,
  };
}
