/** What a network and its listeners do to a node that has done nothing wrong. */
import type { SimHost } from "./host.ts";

/** To a new address, or to one that another node had or still has. */
export function move(host: SimHost, draw: number): void {
  const hosts = [...host.network.hosts.values()];
  const other = hosts[Math.floor(draw * hosts.length)] as SimHost;
  const taken = hosts.some((one) => one.up && one !== host && one.address === other.address);
  const fresh = `/ip4/10.9.${Math.floor(draw * 250)}.1/tcp/4001`;
  host.cutAll();
  host.move(taken ? fresh : other.address);
}

/**
 * An attacker who heard everything sends some of it again, and takes over an address that a node
 * had before, where its contacts may dial it.
 */
export async function attack(victim: SimHost, y: number, z: number): Promise<void> {
  const { network } = victim;
  const heard = network.captured.filter(
    ({ to }) => to === victim.host || network.chance.next() < 0.1,
  );
  const from = Math.floor(y * heard.length);
  const attacker = network.host();
  const left = [...network.hosts.values()].filter(({ up }) => !up);
  const old = left[Math.floor(y * left.length)];
  if (old !== undefined) attacker.move(old.address);
  const { signal } = new AbortController();
  const channel = await attacker
    .dial({ addresses: [victim.address], host: victim.host }, signal)
    .catch(() => undefined);
  if (channel === undefined) return;
  const frames = heard.slice(from, from + 1 + Math.floor(z * 5)).map(({ frame }) => frame);
  await channel.send(frames).catch(() => undefined);
  while ((await channel.receive()).length > 0);
}
