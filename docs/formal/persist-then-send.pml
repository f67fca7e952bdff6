/* Delivery (SPEC §8): commit, then send; commit, then acknowledge. One sender, one receiver, a channel that loses,
   repeats and reorders, a crash of either node between any two steps, and new sessions.

   Abstractions. A commit is one atomic step (a synced batch). A ciphertext is (key, text); `key` stands for the ratchet's
   (session, counter), and each session has keys of its own. A crash empties memory and leaves the disk. A new handshake is two steps, the
   initiator's commit and then the responder's, either side first. An acknowledgement names one text (the real one is cumulative
   with a bit set; both say what is on disk). A disk that goes back to an older copy (SPEC §5, Position) is not here.

   Two networks. By default the wire never forgets: any frame may come at any later time, any number of times, or never. With
   -DLIVE a frame is taken once, and losses, repetitions and crashes are few (LOSSES, CRASHES): whatever they do, all is delivered once they stop.

   Breaks: -DSEND_FIRST, the wire before the commit. -DACK_FIRST, the acknowledgement before the commit.
   -DSEAL_AGAIN, a retransmission is sealed anew under the same key. -DNO_IDS, the receiver does not look at ids. */

#ifndef CRASHES
#define CRASHES 2
#endif
#ifndef HANDSHAKES
#define HANDSHAKES 1
#endif
#ifndef LOSSES
#define LOSSES 2
#endif
#define KEYS 7                       /* keys 1..6 */

bool wire[21];                       /* wire[3 * key + text] */
bool ackWire[3];
#define F(k, t) wire[3 * (k) + (t)]

/* The sender's disk. */
byte dNext = 1;                      /* the session's next key */
byte dSealed[3];                     /* outbox: the key under which text t lies sealed; 0 is none */
bool dDelivered[3];
byte sendSession = 1;
/* The receiver's disk. */
bool dUsed[KEYS];
bool dSeen[3];                       /* ids */
byte shown[3];                       /* times that text t stands in the conversation */
byte recvSession = 1;

byte keySession[KEYS];
byte crashes = CRASHES, handshakes = HANDSHAKES, losses = LOSSES, made = 1;
/* Ghosts: which text, and which sealing of it, has been on the wire under a key. */
byte keyText[KEYS], keySealing[KEYS];
byte sealings = 0, sealingOf[3];
bool keyTwice = false;

inline put(k, t) {
  if
  :: keyText[k] != 0 && (keyText[k] != t || keySealing[k] != sealingOf[t]) -> keyTwice = true
  :: else
  fi;
  keyText[k] = t; keySealing[k] = sealingOf[t];
  F(k, t) = true
}

#define DELIVERED (dDelivered[1] && dDelivered[2])
#define NOTHING_UNDER_WAY (!ackWire[1] && !ackWire[2] && \
  !F(1,1) && !F(1,2) && !F(2,1) && !F(2,2) && !F(3,1) && !F(3,2) && !F(4,1) && !F(4,2) && !F(5,1) && !F(5,2) && !F(6,1) && !F(6,2))
#ifdef LIVE
#define LINK_MAY_END NOTHING_UNDER_WAY   /* silence: the pings find it out */
#else
#define LINK_MAY_END true
#endif

active proctype Sender() {
  byte t, k;
  bool onLink[3];                    /* memory: handed to the wire on this link */
boot:
  atomic { onLink[1] = false; onLink[2] = false; t = 0; k = 0 }
loop:
  if
  :: DELIVERED -> goto done
  :: atomic { !dDelivered[1] && !onLink[1] && sendSession == recvSession -> t = 1 }
  :: atomic { !dDelivered[2] && !onLink[2] && sendSession == recvSession -> t = 2 }
  /* An acknowledgement; believed only for what was sealed. */
  :: atomic { ackWire[1] && !dDelivered[1] && dSealed[1] != 0 ->
#ifdef LIVE
     ackWire[1] = false;
#endif
     dDelivered[1] = true; goto loop }
  :: atomic { ackWire[2] && !dDelivered[2] && dSealed[2] != 0 ->
#ifdef LIVE
     ackWire[2] = false;
#endif
     dDelivered[2] = true; goto loop }
#ifdef LIVE
  :: atomic { ackWire[1] && dDelivered[1] -> ackWire[1] = false; goto loop }
  :: atomic { ackWire[2] && dDelivered[2] -> ackWire[2] = false; goto loop }
#endif
  /* A new link: what is not acknowledged goes out again. */
  :: atomic { ((onLink[1] && !dDelivered[1]) || (onLink[2] && !dDelivered[2])) && LINK_MAY_END ->
     onLink[1] = false; onLink[2] = false; goto loop }
  :: atomic { crashes > 0 -> crashes--; goto boot }
  /* A handshake that we begin. What was sealed before will be sealed anew. */
  :: atomic { handshakes > 0 && sendSession == recvSession -> handshakes--; made++; sendSession = made; dSealed[1] = 0; dSealed[2] = 0;
     onLink[1] = false; onLink[2] = false; goto loop }
  /* One that the receiver began. */
  :: atomic { sendSession < recvSession -> sendSession = recvSession; dSealed[1] = 0; dSealed[2] = 0; onLink[1] = false; onLink[2] = false; goto loop }
  fi;
  if
#ifdef SEAL_AGAIN
  :: atomic { dSealed[t] != 0 -> k = dSealed[t]; sealings++; sealingOf[t] = sealings }
#else
  :: atomic { dSealed[t] != 0 -> k = dSealed[t] }     /* the very same bytes */
#endif
  :: atomic { dSealed[t] == 0 -> k = dNext; sealings++; sealingOf[t] = sealings }
#ifdef SEND_FIRST
     atomic { put(k, t) };
#endif
     if :: atomic { crashes > 0 -> crashes--; goto boot } :: skip fi;
     atomic { assert(k < KEYS - 1); keySession[k] = sendSession; dNext = k + 1; dSealed[t] = k };
     if :: atomic { crashes > 0 -> crashes--; goto boot } :: skip fi
  fi;
  atomic { put(k, t); onLink[t] = true; k = 0; t = 0 };
  goto loop;
done:
  skip
}

/* Takes the frame (key, text) off the wire, or leaves it there for another time. */
inline take(K, T) {
  atomic { F(K, T) -> k = K; t = T;
#ifdef LIVE
    F(K, T) = false
#endif
  }
}

active proctype Receiver() {
  byte t, k;
boot:
  atomic { t = 0; k = 0 }
loop:
  if
  :: DELIVERED -> goto done
  :: take(1, 1) :: take(1, 2) :: take(2, 1) :: take(2, 2) :: take(3, 1) :: take(3, 2)
  :: take(4, 1) :: take(4, 2) :: take(5, 1) :: take(5, 2)
  :: atomic { crashes > 0 -> crashes--; goto boot }
  :: atomic { handshakes > 0 && sendSession == recvSession -> handshakes--; made++; recvSession = made; goto loop }
  :: atomic { recvSession < sendSession -> recvSession = sendSession; goto loop }
  fi;
  if
  :: atomic { keySession[k] != recvSession -> goto boot }   /* refused: changes nothing */
  :: atomic { keySession[k] == recvSession && dUsed[k] }    /* used before: acknowledged again */
  :: atomic { keySession[k] == recvSession && !dUsed[k] };
#ifdef ACK_FIRST
     ackWire[t] = true;
#endif
     if :: atomic { crashes > 0 -> crashes--; goto boot } :: skip fi;
     atomic {
       dUsed[k] = true;
       if
#ifndef NO_IDS
       :: dSeen[t]
#endif
       :: else -> dSeen[t] = true; shown[t]++
       fi
     };
     if :: atomic { crashes > 0 -> crashes--; goto boot } :: skip fi
  fi;
  atomic { ackWire[t] = true; goto boot };
done:
  skip
}

#ifdef LIVE
/* Loses what is under way, or repeats a frame that was on the wire at some time. */
active proctype Network() {
  byte k;
  do
  :: DELIVERED -> break
  :: atomic { losses > 0 -> losses--;
     if
     :: ackWire[1] -> ackWire[1] = false
     :: ackWire[2] -> ackWire[2] = false
     :: F(1,1) -> F(1,1) = false :: F(1,2) -> F(1,2) = false :: F(2,1) -> F(2,1) = false :: F(2,2) -> F(2,2) = false
     :: F(3,1) -> F(3,1) = false :: F(3,2) -> F(3,2) = false :: F(4,1) -> F(4,1) = false :: F(4,2) -> F(4,2) = false
     :: keyText[1] != 0 -> F(1, keyText[1]) = true
     :: keyText[2] != 0 -> F(2, keyText[2]) = true
     :: keyText[3] != 0 -> F(3, keyText[3]) = true
     :: skip
     fi }
  od
}
#endif

/* One ciphertext at most for a key; nothing shown twice; "delivered" only of what is on the receiver's disk. */
ltl safe { [] (!keyTwice && shown[1] <= 1 && shown[2] <= 1 && (!dDelivered[1] || shown[1] == 1) && (!dDelivered[2] || shown[2] == 1)) }
ltl live { <> DELIVERED }
