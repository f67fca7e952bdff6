import assert from "node:assert/strict";
import { inviteQrCode } from "../../../src/cli/format/qr-code.ts";
import { encodeInvite, parseInvite } from "../../../src/wire/index.ts";

const node = "12D3KooWCPiZWZFWfiX16LQyeAEHc8ujqaaB3tmP3PvxER9Q9Nct";

/** A link with these addresses. */
const linkWith = (...hints: string[]) =>
  encodeInvite({
    kind: "reusable",
    account: new Uint8Array(32).fill(0xa5),
    secret: new Uint8Array(16).fill(0x5a),
    expiresAt: 2_000_000_000 * 60_000,
    hints,
  });
const shortLink = linkWith();

describe("the QR code of an invite", () => {
  const bootstraps = [
    `/ip4/203.0.113.7/tcp/4001/p2p/${node}`,
    `/dns4/bootstrap.example.org/tcp/4001/p2p/${node}`,
  ];
  const links = [
    shortLink,
    linkWith("/ip4/203.0.113.7/tcp/54321"),
    linkWith(...bootstraps.slice(1)),
    linkWith(...bootstraps, "/ip4/203.0.113.7/tcp/54321", "/ip4/192.168.100.200/tcp/54321"),
  ];

  it("fits a terminal of 80 x 24 with the two lines after it and the prompt", async () => {
    for (const link of links) {
      const lines = (await inviteQrCode({ link, shortLink })).toString().split("\n");
      assert.ok(lines.length + 3 <= 24, `${lines.length} lines of ${link.length} characters`);
      for (const line of lines) assert.ok(line.length <= 80, line);
    }
  });

  it("is that of the whole link wherever this fits, and says so otherwise", async () => {
    const link = links[3] as string;
    assert.match(
      (await inviteQrCode({ link, shortLink })).toString(),
      /^This QR code has no boots/,
    );
    assert.doesNotMatch((await inviteQrCode({ link, shortLink }, 60)).toString(), /This/);
    for (const small of links.slice(0, 2))
      assert.doesNotMatch((await inviteQrCode({ link: small, shortLink })).toString(), /This/);
  });

  it("has a short link that is the same invite", () => {
    const [whole, short] = [links[3] as string, shortLink].map(parseInvite);
    assert.ok(whole?.kind === "invite" && short?.kind === "invite");
    assert.deepEqual({ ...whole.invite, hints: [] }, short.invite);
  });
});
