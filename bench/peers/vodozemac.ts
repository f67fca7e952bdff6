/**
 * vodozemac, Matrix's present library, in Rust. For Node it comes only inside OlmMachine, so these
 * figures hold more than a ratchet: events in JSON, canonical signing, its own store in memory. It
 * is classical and has clear headers.
 */
import * as M from "@matrix-org/matrix-sdk-crypto-wasm";
import type { Peer, Side, Talk } from "./peer.ts";

await M.initAsync();

const decoder = new TextDecoder();
export const PEOPLE = [
  { user: "@alice:x", device: "A" },
  { user: "@bob:x", device: "B" },
] as const;

export const anyDevice = new M.DecryptionSettings(M.TrustRequirement.Untrusted);

export interface Machines {
  readonly a: M.OlmMachine;
  readonly b: M.OlmMachine;
  free(): void;
}

/**
 * Two machines that have the other's keys, as from a server, and a session from the first to the
 * second.
 */
export async function connectedMachines(): Promise<Machines> {
  const machines = await Promise.all(
    PEOPLE.map(({ user, device }) =>
      M.OlmMachine.initialize(new M.UserId(user), new M.DeviceId(device)),
    ),
  );
  const [a, b] = machines as [M.OlmMachine, M.OlmMachine];
  const deviceKeys: Record<string, Record<string, unknown>> = {};
  const oneTimeKeys: Record<string, Record<string, unknown>> = {};
  for (const [index, machine] of [a, b].entries()) {
    const { user, device } = PEOPLE[index] as (typeof PEOPLE)[number];
    for (const request of await machine.outgoingRequests()) {
      if (!(request instanceof M.KeysUploadRequest)) continue;
      const body = JSON.parse(request.body);
      deviceKeys[user] = { [device]: body.device_keys };
      oneTimeKeys[user] = body.one_time_keys;
      await answer(machine, request, { one_time_key_counts: { signed_curve25519: 50 } });
    }
  }
  for (const [index, machine] of [a, b].entries()) {
    const other = PEOPLE[1 - index] as (typeof PEOPLE)[number];
    await machine.updateTrackedUsers([new M.UserId(other.user)]);
    for (const request of await machine.outgoingRequests())
      if (request instanceof M.KeysQueryRequest)
        await answer(machine, request, { device_keys: deviceKeys, failures: {} });
  }
  const [, bob] = PEOPLE;
  const claim = await a.getMissingSessions([new M.UserId(bob.user)]);
  const [[id, key] = ["", undefined]] = Object.entries(oneTimeKeys[bob.user] ?? {});
  if (claim)
    await answer(a, claim, {
      one_time_keys: { [bob.user]: { [bob.device]: { [id]: key } } },
      failures: {},
    });
  return {
    a,
    b,
    free() {
      for (const machine of machines) machine.close();
    },
  };
}

async function setup(): Promise<Talk> {
  const { a, b, free } = await connectedMachines();
  const [alice, bob] = PEOPLE;
  const talk = { alice: await sideOf(a, bob), bob: await sideOf(b, alice) };
  await talk.bob.openAll([await talk.alice.seal(new Uint8Array(10))]);
  await talk.alice.openAll([await talk.bob.seal(new Uint8Array(10))]);
  return { ...talk, free };
}

async function answer(
  machine: M.OlmMachine,
  request: { readonly id: string | undefined; readonly type: M.RequestType },
  body: unknown,
): Promise<void> {
  await machine.markRequestAsSent(request.id ?? "", request.type, JSON.stringify(body));
}

type Named = (typeof PEOPLE)[number];

async function sideOf(machine: M.OlmMachine, other: Named): Promise<Side> {
  const device = await machine.getDevice(new M.UserId(other.user), new M.DeviceId(other.device));
  if (device === undefined) throw new Error("the other's device is not known");
  return {
    seal: (text) => device.encryptToDeviceEvent("x", { body: decoder.decode(text) }),
    async openAll(messages) {
      const events = (messages as string[]).map((content) => ({
        sender: other.user,
        type: "m.room.encrypted",
        content: JSON.parse(content),
      }));
      const opened = await machine.receiveSyncChanges(
        JSON.stringify(events),
        new M.DeviceLists(),
        new Map(),
        undefined,
        anyDevice,
      );
      if (!opened.every((event) => event instanceof M.DecryptedToDeviceEvent))
        throw new Error("an event was not decrypted");
    },
    wireBytes: (message) => (message as string).length,
  };
}

export const vodozemac: Peer = {
  name: "vodozemac (OlmMachine)",
  about: "classical, clear headers; JSON events; opened many per call, bytes counted as JSON",
  setup,
};
