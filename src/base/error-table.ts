/** The table of error codes: the class of each error, and what the user can do next. */

/** What caused an error: the user's input, a peer, the machine or network, or a bug in Sotto. */
export type ErrorClass = "bad-input" | "bad-peer" | "environment" | "bug";

interface ErrorEntry {
  readonly class: ErrorClass;
  /** What to do next: one or two short sentences for the user. */
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
    "Paste the whole invite link, which starts with sotto: (text around it does no harm).",
  ),
  "invite-truncated": entry("bad-input", "The end of the link is missing. Copy the whole link."),
  "invite-mistyped": entry(
    "bad-input",
    "The link contains a typing error. Copy and paste it instead of typing it.",
  ),
  "invite-newer": entry(
    "bad-input",
    "A newer version of Sotto made this link. Update Sotto, then add it again.",
  ),
  "invite-expired": entry(
    "bad-input",
    "Check the clock of this computer. If it is right, ask for a new invite (sotto invite).",
  ),
  "invite-used": entry(
    "bad-input",
    "Tell the sender that the invite was already used, and ask for a new one.",
  ),
  "invite-own": entry(
    "bad-input",
    "Send this invite to your contact, who adds it with sotto add LINK.",
  ),
  "invite-denied": entry("bad-peer", "They denied your request. Ask them for a new invite."),
  "too-many-invites": entry(
    "bad-input",
    "Revoke an invite (sotto invite revoke ID), or wait until some are used or expire.",
  ),
  // Contacts
  "contact-unknown": entry("bad-input", "List your contacts: sotto contacts."),
  "contact-look-alike": entry(
    "bad-input",
    "Its name has other letters than you typed. If you are sure that it is the one you mean, use " +
      "its account id.",
  ),
  "note-invalid": entry("bad-input", "Shorten the note, or leave out the invalid characters."),
  "group-unknown": entry("bad-input", "List your groups: sotto group ls."),
  "group-full": entry("bad-input", "Make another group. The message contains the reason."),
  "group-role": entry(
    "bad-input",
    "Ask an admin or the owner of the group to do it: sotto group members GROUP.",
  ),
  "group-ended": entry(
    "bad-input",
    "Its messages stay readable: sotto read GROUP. While it has members, an admin can invite you.",
  ),
  "group-joining": entry(
    "environment",
    "Wait until the contact that added you is online: its node has the members of the group.",
  ),
  "member-exists": entry("bad-input", "List the members: sotto group members GROUP."),
  "member-unknown": entry("bad-input", "List the members: sotto group members GROUP."),
  "invitation-unknown": entry("bad-input", "List your groups and invitations: sotto group ls."),
  "invitation-expired": entry(
    "bad-input",
    "Ask the contact to invite you again: sotto group invite GROUP YOU.",
  ),
  "group-reader": entry("bad-input", "Ask an admin of the group to let you write."),
  "contact-ambiguous": entry(
    "bad-input",
    "Type more of the name, or at least 16 characters of the account id.",
  ),
  "contact-exists": entry("bad-input", "List your contacts: sotto contacts."),
  "contact-blocked": entry("bad-input", "Unblock the contact: sotto contacts unblock NAME."),
  "timer-invalid": entry("bad-input", "Use a time from 5s to 365d, such as 30s, 1h or 7d, or off."),
  "order-exhausted": entry(
    "bad-peer",
    "Only a changed program causes this. Remove the contact (sotto contacts rm NAME), then pair " +
      "again.",
  ),
  "invite-unknown": entry("bad-input", "List your invites: sotto invite ls."),
  "message-unknown": entry(
    "bad-input",
    "sotto read NAME shows the first characters of each message id. NAME/last is the newest " +
      "message.",
  ),
  "message-ambiguous": entry(
    "bad-input",
    "Use NAME/ID, or more of the id (sotto read NAME --json shows whole ids).",
  ),
  "request-unknown": entry("bad-input", "List the open requests: sotto requests ls."),
  "follower-unknown": entry("bad-input", "List the durable subscriptions: sotto subscriptions."),
  "too-many-followers": entry(
    "bad-input",
    "Remove a durable subscription: sotto subscriptions rm NAME.",
  ),
  "scope-missing": entry(
    "bad-input",
    "Use a token with a wider scope: sotto token create NAME --scope SCOPE.",
  ),
  "token-invalid": entry("bad-input", "See sotto token create --help."),
  "token-exists": entry(
    "bad-input",
    "Choose another name, or revoke the token first: sotto token revoke NAME.",
  ),
  "token-unknown": entry("bad-input", "List the tokens: sotto token ls."),
  "token-refused": entry(
    "bad-input",
    "Create a token for this use: sotto token create NAME --for KIND.",
  ),
  "too-many-tokens": entry("bad-input", "Revoke a token: sotto token revoke NAME."),
  "cursor-unknown": entry(
    "bad-input",
    "Begin again without a cursor. Cursors of another list, or from before a restore, do not fit.",
  ),
  "name-taken": entry(
    "bad-input",
    "Choose another name, or rename the other contact: sotto contacts rename NAME NEW.",
  ),
  "name-invalid": entry(
    "bad-input",
    "Use 1 to 64 visible characters. The message contains the reason.",
  ),
  "number-mismatch": entry(
    "bad-input",
    "Compare the safety numbers again. If they still differ, an attacker may be intercepting " +
      "the connection: do not trust this contact.",
  ),
  "key-changed": entry(
    "bad-peer",
    "Nothing was sent. Compare safety numbers over another channel, then run sotto verify NAME " +
      "--number N.",
  ),
  // Messages
  "message-empty": entry("bad-input", "Type some text, or - to read it from standard input."),
  "message-too-long": entry("bad-input", "Split the message: at most 64 KiB of text fit."),
  "message-sent": entry(
    "bad-input",
    "Only a message that never left can be cancelled. Delete it for both: sotto delete ID.",
  ),
  "message-not-failed": entry(
    "bad-input",
    "Only a message that could not be delivered is sent again: one that waits is sent by itself.",
  ),
  "key-reused": entry("bad-input", "Use another key for each message to a contact."),
  "message-not-text": entry("bad-input", "Use valid UTF-8 text."),
  "message-not-yours": entry(
    "bad-input",
    "Only its author can change a message for both. Remove it here only: sotto delete ID " +
      "--for-me.",
  ),
  "message-deleted": entry("bad-input", "A message that was deleted for both cannot be restored."),
  "message-failed": entry(
    "bad-input",
    "It was not delivered. Send a new one: sotto send NAME TEXT.",
  ),
  "message-waiting": entry(
    "bad-input",
    "Delete it for both (sotto delete ID), or wait until it is delivered.",
  ),
  "reaction-invalid": entry("bad-input", "Use one emoji, or a few characters on one line."),
  "outbox-full": entry(
    "environment",
    "Wait until the contact is online. sotto doctor NAME shows why they are not connected.",
  ),
  // Requests to the node
  usage: entry(
    "bad-input",
    "Add --help to the command to see how it is used, or use --help alone to list all commands.",
  ),
  "request-malformed": entry(
    "bad-input",
    "Send one JSON-RPC 2.0 object per line, at most 1 MiB long.",
  ),
  "search-empty": entry("bad-input", "Search for 1 to 16 words: sotto search WORD..."),
  "method-unknown": entry(
    "bad-input",
    "The command and the running node have different versions. Restart the node: sotto down, " +
      "then sotto up. A program: docs/API.md lists the methods.",
  ),
  "params-invalid": entry(
    "bad-input",
    "Add --help to see what the command accepts. A program: docs/API.md lists the fields of each " +
      "method.",
  ),
  "address-invalid": entry(
    "bad-input",
    "A bootstrap node's address looks like /ip4/203.0.113.7/tcp/4001/p2p/12D3Koo…, an address " +
      "to listen on like /ip4/0.0.0.0/tcp/4001.",
  ),
  "network-key-exists": entry(
    "bad-input",
    "Choose another file name. Overwriting the key would cut off every node that uses it.",
  ),
  "network-key-invalid": entry(
    "bad-input",
    "Copy the whole file again from another node of the network. A new network needs a new " +
      "key: sotto net key new FILE.",
  ),
  "contact-not-allowed": entry(
    "bad-input",
    'Add the account to "allow" in the settings file, then restart the node.',
  ),
  "proxy-invalid": entry(
    "bad-input",
    "Use an address such as socks5://127.0.0.1:9050 (Tor). Put a user name and password in the " +
      "settings file or in the file of --proxy-file: socks5://USER:PASSWORD@127.0.0.1:9050.",
  ),
  "proxy-forbids": entry(
    "bad-input",
    "Restart the node without the proxy, or add a bootstrap node: sotto net bootstrap add " +
      "ADDRESS.",
  ),
  "expiry-invalid": entry("bad-input", "Use a time from 1m to 30d, such as 30m, 24h or 7d."),
  // The node
  "node-not-running": entry("environment", "Start it: sotto up."),
  "node-already-running": entry("environment", "Use the running node, or stop it: sotto down."),
  "bootstrap-already-running": entry(
    "environment",
    "Use the running one, or stop it first: kill with its process number. A second one needs " +
      "another SOTTO_HOME and another port (sotto bootstrap --listen ADDRESS).",
  ),
  "node-locked": entry("environment", "Unlock it: sotto unlock."),
  "lock-refused": entry("bad-input", "Set a passphrase first: sotto passwd."),
  "no-account": entry("environment", "Create one: sotto init --name NAME."),
  "account-exists": entry("bad-input", "Set SOTTO_HOME to another directory for a second account."),
  "words-invalid": entry("bad-input", "Type the 24 words in the order in which they were shown."),
  "passphrase-wrong": entry("bad-input", "Try again. Nothing was changed."),
  "passphrase-weak": entry("bad-input", "Use four or more random words, for example."),
  "passphrases-differ": entry("bad-input", "Run the command again and type it twice alike."),
  "passphrase-needed": entry("bad-input", "Type it at the prompt, or use --passphrase-file FILE."),
  "port-in-use": entry(
    "environment",
    "Choose another address with --listen, or stop the program that uses the port.",
  ),
  "listen-failed": entry("environment", "Check the address given to --listen or --metrics."),
  "confirmation-needed": entry("bad-input", "To do it without being asked, add --yes."),
  "socket-unsafe": entry(
    "environment",
    "Run chmod 700 on the directory, or set SOTTO_SOCKET to a path in a directory that only you " +
      "can write to.",
  ),
  "metrics-invalid": entry("bad-input", "Use an IP address and a port: --metrics 127.0.0.1:9464."),
  "metrics-public": entry(
    "bad-input",
    "Use 127.0.0.1, or add --metrics-public if a firewall protects the port.",
  ),
  "socket-path-too-long": entry("environment", "Set SOTTO_SOCKET to a path of at most 107 bytes."),
  "config-invalid": entry(
    "environment",
    "Correct or remove the setting named in the message; docs/SETTINGS.md lists all of them.",
  ),
  // The store
  "store-in-use": entry("environment", "Stop the other process that has this store open."),
  "store-damaged": entry(
    "environment",
    "Run sotto check to see what is intact, then sotto repair to keep it. Or restore a backup in " +
      "another SOTTO_HOME: sotto restore FILE.",
  ),
  "keyring-damaged": entry(
    "environment",
    "Copy the file keyring back from a copy of the home directory, or restore a backup in " +
      "another SOTTO_HOME: sotto restore FILE.",
  ),
  "account-lost": entry(
    "environment",
    "Set SOTTO_HOME to an empty directory, then restore a backup (sotto restore FILE) or start " +
      "again from your 24 words (sotto init --recover).",
  ),
  "store-version": entry(
    "environment",
    "Use the version of Sotto that wrote this store, or restore a backup in another SOTTO_HOME: " +
      "sotto restore FILE.",
  ),
  "store-key-missing": entry(
    "environment",
    "Put the named file back: the store cannot be opened without it. Or restore a backup in " +
      "another SOTTO_HOME: sotto restore FILE.",
  ),
  "keychain-missing": entry(
    "environment",
    "Log in to the desktop whose keychain holds the key and install secret-tool " +
      "(libsecret-tools). There sotto passwd replaces the keychain by a passphrase.",
  ),
  "keychain-locked": entry(
    "environment",
    "Unlock the keychain of your desktop (its login keyring), then try again.",
  ),
  "store-write-failed": entry(
    "environment",
    "Check the disk, its free space and who may write to it, then start the node again: sotto " +
      "up. Committed data is safe.",
  ),
  "home-lost": entry(
    "environment",
    "Move the directory back if you moved it, or restore a backup (sotto restore FILE); then " +
      "start the node again: sotto up.",
  ),
  "store-closed": entry("environment", "The node is stopping. Start it again: sotto up."),
  "disk-full": entry(
    "environment",
    "Free some space, then start the node again: sotto up. Committed data is safe.",
  ),
  "system-refused": entry(
    "environment",
    "Check the path and who may write to it. SOTTO_HOME chooses another home directory.",
  ),
  "too-many-files": entry(
    "environment",
    "Raise the limit of open files (ulimit -n 4096), or close other programs; then try again.",
  ),
  "out-of-resources": entry(
    "environment",
    "Close other programs, or raise the limits of processes (ulimit -u) and memory; then try " +
      "again.",
  ),
  "not-loadable": entry(
    "environment",
    "Raise the limit of open files (ulimit -n 4096). If that does not help, install Sotto again.",
  ),
  // Backup and export
  "backup-malformed": entry("bad-input", "Choose a file that was written by sotto backup FILE."),
  "backup-damaged": entry(
    "bad-input",
    "Copy the file again from the original, or use another copy or an older backup.",
  ),
  "backup-newer": entry("bad-input", "A newer version of Sotto wrote this backup. Update Sotto."),
  "backup-foreign": entry(
    "bad-input",
    "Type the 24 words of the account that this backup belongs to.",
  ),
  "file-exists": entry("bad-input", "Choose another name, or overwrite the file with --force."),
  "file-unreadable": entry("environment", "Check the file's name and permissions."),
  "file-write-failed": entry(
    "environment",
    "Check that the directory exists, that you can write to it and that the disk is not full.",
  ),
  // The network
  "peer-unreachable": entry(
    "environment",
    "The node keeps trying. sotto doctor NAME shows the cause.",
  ),
  "link-closed": entry("bad-peer", "The node reconnects automatically."),
  "timed-out": entry("environment", "Try again. sotto status shows the state of the network."),
  // Sotto itself
  internal: entry(
    "bug",
    "This is a bug in Sotto. Please report it together with the command that you ran.",
  ),
} as const satisfies Record<string, ErrorEntry>;
