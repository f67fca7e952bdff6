/** The `net.*` methods. */
import type { NetMethods } from "../../../api/index.ts";
import type { DispatchParts, Handlers } from "./method-types.ts";

export function netHandlers({ network, messenger }: DispatchParts): Handlers<NetMethods> {
  const bootstrap = () => ({ bootstrap: network.bootstrap() });
  return {
    "net.peers": () => ({ peers: network.peers() }),
    "net.check": async () => ({ reach: await network.check() }),
    "net.rotate": async () => ({ host: await network.rotate() }),
    "net.invisible": async ({ on }) => {
      await network.setInvisible(on);
      return { invisible: on };
    },
    "net.public": async ({ on }) => {
      await network.setPublic(on);
      return { public: on };
    },
    "net.decoys": async ({ step }) => {
      await network.setDecoys(step);
      return { decoys: step };
    },
    "net.ping": async ({ who }) => {
      const before = messenger.contact(who);
      const ping = await messenger.ping(before.account);
      return { ...ping, contact: messenger.contactOf(before.account) ?? before };
    },
    "net.bootstrap.list": bootstrap,
    "net.bootstrap.add": async ({ address }) => {
      await network.addBootstrap(address);
      return bootstrap();
    },
    "net.bootstrap.remove": async ({ address }) => {
      await network.removeBootstrap(address);
      return bootstrap();
    },
  };
}
