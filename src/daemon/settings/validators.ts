/** Validators for addresses and accounts in the settings. */
import * as v from "valibot";
import { accountId } from "../../base/index.ts";

const HOST = "(?:ip4/[0-9.]+|ip6/[0-9a-fA-F:.]+|dns[46]?/[A-Za-z0-9.-]+)";
const ONION = "onion3/[a-z2-7]{55}d:[1-9][0-9]{0,4}";
const REACHED = `/(?:${HOST}/tcp/[0-9]{1,5}|${ONION})`;
/** The PeerId of an Ed25519 key, which every Sotto node has: 36 bytes below a prefix of two. */
const PEER = "12D3KooW[1-9A-HJ-NP-Za-km-z]{44}";
const BOOTSTRAP = new RegExp(`^${REACHED}/p2p/${PEER}$`);
const ANNOUNCE = new RegExp(`^${REACHED}$`);
const LISTEN = new RegExp(`^/${HOST}/tcp/[0-9]{1,5}$`);

const PUBLIC = new RegExp(
  `^/(?:${HOST}/tcp/[0-9]{1,5}|dnsaddr/[A-Za-z0-9.-]+)/p2p/[A-Za-z0-9]{20,80}$`,
);

export const listenAddress = v.pipe(
  v.string("must be a string"),
  v.regex(LISTEN, "is not an address such as /ip4/0.0.0.0/tcp/4001"),
);
export const bootstrapAddress = v.pipe(
  v.string("must be a string"),
  v.regex(
    BOOTSTRAP,
    "is not an address such as /ip4/203.0.113.7/tcp/4001/p2p/12D3Koo…, complete to the end",
  ),
);
export const publicAddress = v.pipe(
  v.string("must be a string"),
  v.regex(PUBLIC, "is not an address such as /ip4/203.0.113.7/tcp/4001/p2p/12D3Koo…"),
);
export const announceAddress = v.pipe(
  v.string("must be a string"),
  v.regex(ANNOUNCE, "is not an address such as /ip4/203.0.113.7/tcp/4001 or /onion3/…:4001"),
);
export const account = v.pipe(
  v.string("must be a string"),
  v.check((text) => accountId.parse(text) !== undefined, "is not an account, as sotto id shows it"),
);
