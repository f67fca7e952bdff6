/** Every fault that has a code: whose it is, and what to do next. */

/**
 * Whose fault a failure is: the person's input, the peer, the machine around us, or our own bug.
 */
export type ErrorClass = "bad-input" | "bad-peer" | "environment" | "bug";

interface ErrorEntry {
  readonly class: ErrorClass;
  /** What to do next, as a sentence that a person can follow. */
  readonly remedy: string;
}

const entry = (errorClass: ErrorClass, remedy: string): ErrorEntry => ({
  class: errorClass,
  remedy,
});

/** Every code, its class and its remedy. */
export const errorTable = {
  // Invites
  "invite-malformed": entry(
    "bad-input",
    "Paste the whole link; it starts with sotto: and has no spaces.",
  ),
  "invite-truncated": entry("bad-input", "The end of the link is missing: copy it again, whole."),
  "invite-mistyped": entry(
    "bad-input",
    "A character of the link is wrong: copy it again instead of typing it.",
  ),
  "invite-newer": entry(
    "bad-input",
    "The link was made by a newer Sotto: update yours, then add it again.",
  ),
  "invite-expired": entry("bad-input", "Ask for a new invite: sotto invite makes one."),
  "invite-used": entry(
    "bad-input",
    "Somebody used this invite before you. Ask for a new one, and tell the person who sent it.",
  ),
  "invite-own": entry(
    "bad-input",
    "This is your own invite: send it to the other person, who adds it.",
  ),
  "invite-denied": entry(
    "bad-peer",
    "The other person denied your request. Ask them for a new invite.",
  ),
  "too-many-invites": entry("bad-input", "Wait until some are used or expired, or revoke one."),
  // People
  "contact-unknown": entry("bad-input", "sotto contacts lists the people you know."),
  "contact-ambiguous": entry(
    "bad-input",
    "Several contacts match: write more of the name or the id.",
  ),
  "contact-exists": entry("bad-input", "You know this person already: sotto contacts lists them."),
  "contact-blocked": entry("bad-input", "Unblock first: sotto contacts unblock NAME."),
  "timer-invalid": entry(
    "bad-input",
    "Write a time such as 30s, 1h or 7d, from 5s to 365d, or off.",
  ),
  "invite-unknown": entry("bad-input", "sotto invite ls lists the invites you made."),
  "message-unknown": entry(
    "bad-input",
    "sotto read NAME shows each message with the start of its id; NAME/last is the newest one.",
  ),
  "message-ambiguous": entry(
    "bad-input",
    "Several messages match: write NAME/ID, or more of the id (--json shows it whole).",
  ),
  "request-unknown": entry("bad-input", "sotto requests ls lists the open requests."),
  "follower-unknown": entry("bad-input", "sotto followers lists those who follow."),
  "too-many-followers": entry("bad-input", "Remove one: sotto followers rm NAME."),
  "cursor-unknown": entry(
    "bad-input",
    "The log of events began anew or was restored: read on without a cursor.",
  ),
  "name-taken": entry("bad-input", "Choose another name: sotto add LINK --as NAME."),
  "name-invalid": entry("bad-input", "Use 1 to 64 visible characters."),
  "number-mismatch": entry(
    "bad-input",
    "The safety numbers differ. Read both again; if they still differ, somebody may be " +
      "between you: do not trust this contact.",
  ),
  "key-changed": entry(
    "bad-peer",
    "Nothing was sent. Compare safety numbers with the person over another way, then: " +
      "sotto verify NAME --number N.",
  ),
  // Messages
  "message-empty": entry("bad-input", "Write some text, or - to read it from standard input."),
  "message-too-long": entry("bad-input", "A message holds at most 64 KiB of text: split it."),
  "message-sent": entry("bad-input", "What has left this machine cannot be taken back."),
  "message-not-text": entry("bad-input", "The text is not valid UTF-8."),
  "message-not-yours": entry(
    "bad-input",
    "Only who wrote a message can change it for both. To remove it here alone: sotto " +
      "delete ID --for-me.",
  ),
  "message-deleted": entry("bad-input", "It was deleted for both, which cannot be undone."),
  "message-failed": entry("bad-input", "It was never delivered: send a new one."),
  "message-waiting": entry(
    "bad-input",
    "It is still on its way to them: delete it for both, or wait until it is delivered.",
  ),
  "reaction-invalid": entry("bad-input", "React with one emoji, or a few characters on one line."),
  "outbox-full": entry(
    "environment",
    "Too many messages wait for this contact: wait until they come online.",
  ),
  "wait-timeout": entry(
    "environment",
    "The message is kept and goes out by itself; sotto read NAME shows its state.",
  ),
  // Asking
  usage: entry("bad-input", "Add --help to see how the command is used."),
  "request-malformed": entry(
    "bad-input",
    "Send one JSON-RPC 2.0 object a line, at most 1 MiB long.",
  ),
  "search-empty": entry("bad-input", "Ask for one to sixteen words: sotto search WORD..."),
  "method-unknown": entry(
    "bad-input",
    "sotto and its node are of different versions: sotto down, then sotto up.",
  ),
  "params-invalid": entry("bad-input", "Add --help to see what the command takes."),
  "address-invalid": entry(
    "bad-input",
    "A bootstrap host's address looks like /ip4/203.0.113.7/tcp/4001/p2p/12D3Koo…, one " +
      "to listen on like /ip4/0.0.0.0/tcp/4001.",
  ),
  "network-key-exists": entry(
    "bad-input",
    "Choose another name: whoever has the key that is there would be alone without it.",
  ),
  "network-key-invalid": entry(
    "bad-input",
    "Copy the file from another node of the network again, whole; sotto net key new FILE " +
      "makes the key of a new network.",
  ),
  "contact-not-allowed": entry(
    "bad-input",
    'Add the account to the list "allow" in the settings, and start the node again.',
  ),
  "proxy-invalid": entry(
    "bad-input",
    "Write it as socks5://127.0.0.1:9050 (Tor's own). A user and a password go into the " +
      "settings or a file (--proxy-file), as socks5://USER:PASSWORD@127.0.0.1:9050.",
  ),
  "proxy-forbids": entry(
    "bad-input",
    "Start the node without the proxy first; with it, a bootstrap host finds your contacts.",
  ),
  "expiry-invalid": entry("bad-input", "Write a time such as 30m, 24h or 7d, at most 30d."),
  // The node
  "node-not-running": entry("environment", "Start it: sotto up."),
  "node-already-running": entry("environment", "Use the running node, or stop it: sotto down."),
  "node-locked": entry("environment", "Unlock it: sotto unlock."),
  "lock-refused": entry("bad-input", "Choose a passphrase first: sotto passwd."),
  "no-account": entry("environment", "Make one: sotto init --name NAME."),
  "account-exists": entry(
    "bad-input",
    "This home has an account already: choose another SOTTO_HOME for a second one.",
  ),
  "words-invalid": entry("bad-input", "Write the 24 words in their order, as they were shown."),
  "passphrase-wrong": entry("bad-input", "Try again; nothing was changed."),
  "passphrase-needed": entry("bad-input", "Give it at the prompt, or with --passphrase-file FILE."),
  "port-in-use": entry(
    "environment",
    "Choose another address with --listen, or stop the program that has it.",
  ),
  "listen-failed": entry("environment", "Check the address given to --listen, or to --metrics."),
  "metrics-invalid": entry(
    "bad-input",
    "Write an IP address and a port: --metrics 127.0.0.1:9464.",
  ),
  "metrics-public": entry(
    "bad-input",
    "Use 127.0.0.1, or add --metrics-public where a firewall keeps others away.",
  ),
  "socket-path-too-long": entry("environment", "Set SOTTO_SOCKET to a path of at most 107 bytes."),
  "config-invalid": entry("environment", "Correct the named setting."),
  // The store
  "store-in-use": entry("environment", "Another process has this store open: stop it first."),
  "store-damaged": entry(
    "environment",
    "See what is whole: sotto check. Keep that: sotto repair. Or bring back a backup: " +
      "sotto restore.",
  ),
  "keyring-damaged": entry(
    "environment",
    "Put the file keyring back from a copy of the home, or bring back a backup: sotto restore.",
  ),
  "account-lost": entry(
    "environment",
    "Bring back a backup in another SOTTO_HOME: sotto restore. Or begin anew there from " +
      "your 24 words: sotto init --recover.",
  ),
  "store-version": entry(
    "environment",
    "Use the Sotto that wrote it, or restore a backup in another SOTTO_HOME: sotto restore.",
  ),
  "store-key-missing": entry(
    "environment",
    "Put the named file back where it was; without it the store cannot be opened. Or " +
      "bring back a backup: sotto restore.",
  ),
  "keychain-missing": entry(
    "environment",
    "Log in to the desktop whose keychain has the key, with secret-tool installed " +
      "(libsecret-tools); to do without: sotto passwd.",
  ),
  "keychain-locked": entry(
    "environment",
    "Unlock the keychain of your desktop (its login keyring), then try again.",
  ),
  "store-write-failed": entry(
    "environment",
    "Free some space or mend the disk, then start the node again; what was committed is safe.",
  ),
  "store-closed": entry("environment", "The node is stopping: start it again with sotto up."),
  "disk-full": entry(
    "environment",
    "Free some space, then start the node again; what was committed is safe.",
  ),
  // Backup and export
  "backup-malformed": entry("bad-input", "Choose a file that sotto backup wrote."),
  "backup-damaged": entry(
    "bad-input",
    "Copy the file again from where it was kept, or take another copy or an older backup.",
  ),
  "backup-newer": entry("bad-input", "A newer Sotto wrote this backup: update yours."),
  "backup-foreign": entry(
    "bad-input",
    "Write the 24 words that were shown when the account of this backup was made.",
  ),
  "file-exists": entry("bad-input", "Choose another name, or overwrite it with --force."),
  "file-unreadable": entry("environment", "Check the name of the file and who may read it."),
  "file-write-failed": entry(
    "environment",
    "Check that the directory exists, that you may write there and that it has room.",
  ),
  // The network
  "peer-unreachable": entry(
    "environment",
    "The node goes on trying; sotto status shows the network's state.",
  ),
  "link-closed": entry("bad-peer", "The node connects again by itself."),
  "timed-out": entry("environment", "Try again; sotto status shows the network's state."),
  // Us
  internal: entry(
    "bug",
    "This is a bug in Sotto: please report it with the command that showed it.",
  ),
} as const satisfies Record<string, ErrorEntry>;
