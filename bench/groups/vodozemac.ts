/**
 * Megolm of vodozemac, Matrix's present library, in Rust. Its package for Node has no Megolm of its
 * own, only events of a room that go through OlmMachine: JSON, a store in memory and its checks of
 * the sender's device are in the figures.
 */
import * as M from "@matrix-org/matrix-sdk-crypto-wasm";
import { anyDevice, connectedMachines, PEOPLE } from "../peers/vodozemac.ts";
import type { GroupPeer } from "./group-peer.ts";

const decoder = new TextDecoder();
const ROOM = "!bench:x";
const [alice, bob] = PEOPLE;

export const roomEvents: GroupPeer = {
  name: "vodozemac, room events",
  about:
    "Megolm as above inside OlmMachine: JSON events, a store in memory, checks of the sender; bytes counted as JSON",
  async setup() {
    const { a, b, free } = await connectedMachines();
    const settings = new M.EncryptionSettings();
    settings.rotationPeriodMessages = 1_000_000n;
    settings.sharingStrategy = M.CollectStrategy.allDevices();
    const requests = await a.shareRoomKey(new M.RoomId(ROOM), [new M.UserId(bob.user)], settings);
    for (const request of requests) {
      const { messages } = JSON.parse(request.body);
      const content = messages[bob.user]?.[bob.device];
      const event = { sender: alice.user, type: request.event_type, content };
      await b.receiveSyncChanges(
        JSON.stringify([event]),
        new M.DeviceLists(),
        new Map(),
        undefined,
        anyDevice,
      );
      await a.markRequestAsSent(request.id, request.type, "{}");
    }
    let count = 0;
    return {
      seal: (text) => {
        const content = JSON.stringify({ msgtype: "m.text", body: decoder.decode(text) });
        return a.encryptRoomEvent(new M.RoomId(ROOM), "m.room.message", content);
      },
      async open(message) {
        const event = `{"event_id":"$${count++}","sender":"${alice.user}","type":"m.room.encrypted","origin_server_ts":1,"room_id":"${ROOM}","content":${message as string}}`;
        // The call takes the settings over.
        const settings = new M.DecryptionSettings(M.TrustRequirement.Untrusted);
        await b.decryptRoomEvent(event, new M.RoomId(ROOM), settings);
      },
      wireBytes: (message) => (message as string).length,
      free,
    };
  },
};
