/* Pairing by a once-invite (SPEC §4, §6): invited -> handshaken -> confirmed. The inviter, and two people of different accounts who hold the
   same link, each with a claim of its own. A link is cut, or a node crashes, between any two steps, CUTS times in all.

   Abstractions. A handshake has fresh keys: a number. Frames of one link stay in order, and a link that is cut loses what is under way; a crash is a cut
   after which memory is empty, and neither side keeps anything of an attempt in memory but the link itself. An attempt is: hello with the claim,
   answer, handshake (messages 1 and 2 in one step), the invitee's commit, message 3, the inviter's commit, the invitee's first ratchet message, the inviter's.
   Expiry, revocation, the person's word on a reusable invite, and the inviter's own dialling are not here.

   All budgets are finite and each retry spends one, so every run ends. What is checked: at no time do two accounts hold the invite; nobody is
   confirmed with keys that the other never had; and where a run ends (nothing more can happen), the inviter and one claimant
   are both confirmed with the same keys, and the other claimant has been told "used".

   Breaks: -DFORGET_EARLY, the invitee drops the invite when it is handshaken. -DTRUST_ANSWER, the inviter does not look at the invite
   again when message 3 comes. -DNEW_CLAIM, the invitee makes up a new claim for each try, so the inviter knows none again. */

#ifndef CUTS
#define CUTS 4
#endif
#define NONE 0
#ifdef NEW_CLAIM
#define OPEN_TO(who) (claimant == NONE)
#else
#define OPEN_TO(who) (claimant == NONE || claimant == who)
#endif

mtype = { invited, handshaken, confirmed, used };    /* an invitee's contact */
mtype = { hello, answerHandshake, answerUsed, message3, first, reply };

byte cuts = CUTS;
byte keysMade = 0;

/* Disks. */
mtype invitee[3] = invited;   /* 1 and 2 */
byte inviteeKeys[3];
byte claimant = NONE;         /* the account of the accepted claim */
bool claimantConfirmed;
byte inviterKeys;
bool warned;                  /* a second claimant was seen */
bool twoClaimants;            /* ghost */

/* One link for each claimant: a message each way at a time, and whether it lives. */
chan toInviter[3] = [2] of { mtype, byte };
chan toInvitee[3] = [2] of { mtype, byte };
bool up[3];
/* The inviter's memory of the handshake on each link: the keys that it agreed to. */
byte pendingKeys[3];

inline cut(who) {
  up[who] = false; pendingKeys[who] = 0;
  do :: nempty(toInviter[who]) -> toInviter[who]?_,_ :: empty(toInviter[who]) -> break od;
  do :: nempty(toInvitee[who]) -> toInvitee[who]?_,_ :: empty(toInvitee[who]) -> break od
}

proctype Invitee(byte me) {
  byte k;
  do
  :: atomic { invitee[me] == used -> break }
  /* The invite is held until the first ratchet message of the inviter has opened. */
#ifdef FORGET_EARLY
  :: atomic { !up[me] && invitee[me] == invited -> up[me] = true; toInviter[me]!hello,0 }
#else
  :: atomic { !up[me] && (invitee[me] == invited || invitee[me] == handshaken) -> up[me] = true; toInviter[me]!hello,0 }
#endif
  :: atomic { toInvitee[me]?answerUsed,_ -> invitee[me] = used; cut(me) }
  :: atomic { toInvitee[me]?answerHandshake,k };
     atomic { if :: up[me] -> invitee[me] = handshaken; inviteeKeys[me] = k :: else fi };   /* adopt(): commit */
     atomic { if :: up[me] -> toInviter[me]!message3,k :: else fi };                         /* only then the wire */
     atomic { if :: up[me] -> toInviter[me]!first,k :: else fi };
     k = 0
  :: atomic { toInvitee[me]?reply,k ->
     if :: k == inviteeKeys[me] -> invitee[me] = confirmed :: else fi; k = 0 }
  :: atomic { invitee[me] == confirmed && claimant == me && claimantConfirmed -> break }
  od
}

proctype Inviter() {
  byte who, k;
  do
  :: atomic { toInviter[1]?hello,_ -> who = 1 }; goto greet
  :: atomic { toInviter[2]?hello,_ -> who = 2 }; goto greet
  :: atomic { toInviter[1]?message3,k -> who = 1 }; goto adopt
  :: atomic { toInviter[2]?message3,k -> who = 2 }; goto adopt
  :: atomic { toInviter[1]?first,k -> who = 1 }; goto confirm
  :: atomic { toInviter[2]?first,k -> who = 2 }; goto confirm
next:
     atomic { who = 0; k = 0 }
  :: timeout -> break
  od;
  goto done;
greet:
  atomic {
    if
    :: !up[who]
    :: up[who] && OPEN_TO(who) -> keysMade++; pendingKeys[who] = keysMade; toInvitee[who]!answerHandshake,keysMade
    :: up[who] && !OPEN_TO(who) -> warned = true; toInvitee[who]!answerUsed,0
    fi
  };
  goto next;
adopt:
  /* In the invites' turn: somebody else may have been quicker. */
  atomic {
    if
    :: !up[who]
#ifdef TRUST_ANSWER
    :: up[who] ->
       if :: claimant != NONE && claimant != who -> twoClaimants = true :: else fi;
#else
    :: up[who] && claimant != NONE && claimant != who -> cut(who)
    :: up[who] && (claimant == NONE || claimant == who) ->
#endif
       claimant = who; inviterKeys = k; claimantConfirmed = false
    fi
  };
  goto next;
confirm:
  atomic {
    if
    :: claimant == who && k == inviterKeys -> claimantConfirmed = true
    :: else -> cut(who); goto next
    fi
  };
  atomic { if :: up[who] && claimant == who && k == inviterKeys -> toInvitee[who]!reply,k :: else fi };
  goto next;
done:
  skip
}

/* Cuts a link, or crashes a node: both lose what is under way. */
proctype Cutter() {
  do
  :: atomic { cuts > 0 && up[1] -> cuts--; cut(1) }
  :: atomic { cuts > 0 && up[2] -> cuts--; cut(2) }
  :: atomic { cuts > 0 && (up[1] || up[2]) -> cuts--; cut(1); cut(2) }
  :: atomic { cuts == 0 -> break }
  :: atomic { timeout -> break }
  od
}

#define PAIRED(a, b) (claimant == a && claimantConfirmed && invitee[a] == confirmed && inviteeKeys[a] == inviterKeys && invitee[b] == used)

init {
  atomic { run Invitee(1); run Invitee(2); run Inviter(); run Cutter() };
  timeout;
  assert(PAIRED(1, 2) || PAIRED(2, 1))
}

ltl once { [] (!twoClaimants && !(invitee[1] == confirmed && invitee[2] == confirmed)) }
