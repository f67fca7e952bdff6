import assert from "node:assert/strict";
import { concat, labels, SottoError, u64, utf8 } from "../../src/base/index.ts";
import {
  accountFromEntropy,
  certificateBytes,
  certify,
  entropyToWords,
  readCertificate,
  wordsToEntropy,
} from "../../src/crypto/index.ts";
import { flip, hex, littleEndian, P, providers } from "./support.ts";

const entropy = Uint8Array.from({ length: 32 }, (_, i) => i);
const WORDS =
  "abandon amount liar amount expire adjust cage candy arch gather drum bullet " +
  "absurd math era live bid rhythm alien crouch range attend journey unaware";
const CREATED = 1_800_000_000_000;

describe("an account", () => {
  for (const crypto of providers) {
    it(`${crypto.name}: is the recorded key for the recorded entropy`, () => {
      const account = accountFromEntropy(crypto, entropy);
      assert.deepEqual(
        account.seed,
        hex("8af571c603db3b1ebeb2a1c8899d8f26ad697fe5c816454c115ffc625c2801a1"),
      );
      assert.deepEqual(
        account.public,
        hex("1d2ee087f91411c9e353c00dc790d80c6cb7652ba928082f09416dff4db97bf5"),
      );
      assert.throws(() => accountFromEntropy(crypto, entropy.subarray(1)), RangeError);
    });
  }
});

describe("recovery words", () => {
  it("match BIP39", async () => {
    assert.equal(await entropyToWords(entropy), WORDS);
    assert.equal(await entropyToWords(new Uint8Array(32)), `${"abandon ".repeat(23)}art`);
    await assert.rejects(entropyToWords(entropy.subarray(16)), RangeError);
  });

  it("decode to the same entropy in any case and with any spaces", async () => {
    assert.deepEqual(await wordsToEntropy(WORDS), entropy);
    const typed = `\n ${WORDS.toUpperCase().replaceAll(" ", " \t ")}  `;
    assert.deepEqual(await wordsToEntropy(typed), entropy);
  });

  it("are rejected with a reason that repeats no word", async () => {
    const words = WORDS.split(" ");
    const cases: [string, RegExp][] = [
      ["", /0 words instead of 24/],
      [words.slice(1).join(" "), /23 words/],
      [`${WORDS} art`, /25 words/],
      [words.with(4, "expired").join(" "), /Word 5 is not/],
      [words.with(4, "zebra").join(" "), /wrong order/],
      [words.with(0, "amount").with(1, "abandon").join(" "), /wrong order/],
    ];
    for (const [text, reason] of cases)
      await assert.rejects(wordsToEntropy(text), (error) => {
        assert.ok(error instanceof SottoError);
        assert.equal(error.code, "words-invalid");
        assert.match(error.message, reason);
        assert.doesNotMatch(error.message, /expire|zebra|liar/);
        return true;
      });
  });
});

describe("a device certificate", () => {
  for (const crypto of providers) {
    describe(crypto.name, () => {
      const account = accountFromEntropy(crypto, entropy);
      const device = crypto.dhFromSecret(entropy).public;
      const certificate = certify(crypto, account, device, CREATED);

      it("is account ‖ device ‖ created-at ‖ signature over label ‖ device ‖ created-at", () => {
        const claim = concat(device, u64(CREATED));
        const signed = concat(utf8(labels.deviceCertificate), claim);
        assert.equal(certificate.length, certificateBytes);
        assert.deepEqual(certificate, concat(account.public, claim, crypto.sign(account, signed)));
      });

      it("decodes to the certified values with either provider", () => {
        for (const reader of providers)
          assert.deepEqual(readCertificate(reader, certificate), {
            account: account.public,
            device,
            createdAt: CREATED,
          });
      });

      it("is rejected with any byte changed, and with any other length", () => {
        for (let at = 0; at < certificate.length; at++)
          assert.equal(readCertificate(crypto, flip(certificate, at, at % 8)), undefined);
        assert.equal(readCertificate(crypto, certificate.subarray(1)), undefined);
        assert.equal(readCertificate(crypto, new Uint8Array(0)), undefined);
        assert.equal(readCertificate(crypto, concat(certificate, Uint8Array.of(0))), undefined);
      });

      it("is rejected for another account that signs the same claim", () => {
        const other = accountFromEntropy(crypto, flip(entropy, 0));
        const swapped = concat(other.public, certificate.subarray(32));
        assert.equal(readCertificate(crypto, swapped), undefined);
      });

      it("is rejected if it signs an invalid X25519 key or a time beyond 2^53", () => {
        for (const bad of [littleEndian(0n), littleEndian(P + 9n), flip(device, 31, 7)])
          assert.equal(readCertificate(crypto, certify(crypto, account, bad, CREATED)), undefined);
        const claim = concat(device, new Uint8Array(8).fill(0x7f));
        const signature = crypto.sign(account, concat(utf8(labels.deviceCertificate), claim));
        assert.equal(readCertificate(crypto, concat(account.public, claim, signature)), undefined);
      });

      it("certifies keys of 32 bytes only", () => {
        assert.throws(() => certify(crypto, account, device.subarray(1), CREATED), RangeError);
      });
    });
  }
});
