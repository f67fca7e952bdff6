#!/usr/bin/env bash
# Runs every model and compares what it says with results/*.txt.
#   docs/formal/run.sh            all of them
#   docs/formal/run.sh again      those whose name contains "again"
#   RECORD=1 docs/formal/run.sh   writes the results again
# Needs ProVerif (2.05 was used), Spin (6.5.2) and gcc. Each job is bounded by LIMIT seconds (480) and runs at low priority.
# A name that ends in "-broken" is a model with a mistake planted in it: its queries have to fail.
set -u
cd "$(dirname "$0")" || exit 2
only="${1:-}"
limit="${LIMIT:-480}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
bad=0

judge() { # name seconds: the result lies in $work/result
  if [ -n "${RECORD:-}" ]; then cp "$work/result" "results/$1.txt"; echo "recorded  $2 s  $1"
  elif cmp -s "$work/result" "results/$1.txt"; then echo "as before $2 s  $1"
  else echo "DIFFERS   $2 s  $1"; diff "results/$1.txt" "$work/result"; bad=1
  fi
}

# prove NAME MODEL LIBRARY LEAK [SED-OF-MODEL [SED-OF-LIBRARY]]
prove() {
  case "$1" in *"$only"*) ;; *) return ;; esac
  sed -e "s/0 (\* LEAK \*)/${4:-0}/" -e "${5:-}" "$2.pv" > "$work/model.pv"
  local options=()
  if [ "$3" != - ]; then sed -e "${6:-}" "$3.pvl" > "$work/library.pvl"; options=(-lib "$work/library.pvl"); fi
  local from=$SECONDS
  timeout "$limit" nice -n 15 proverif "${options[@]}" "$work/model.pv" > "$work/out" 2>&1
  local code=$?
  grep -E '^RESULT|Error' "$work/out" > "$work/result"
  [ $code = 124 ] && echo "not finished in $limit s" >> "$work/result"
  judge "$1" $((SECONDS - from))
}

# check NAME MODEL PROPERTY CPP-FLAGS PAN-FLAGS [CC-FLAGS]
check() {
  case "$1" in *"$only"*) ;; *) return ;; esac
  local from=$SECONDS here="$PWD"
  cp "$2.pml" "$work/model.pml"
  # shellcheck disable=SC2086
  (cd "$work" && spin $4 -a model.pml > out && gcc -O2 -w -DCOLLAPSE ${6:-} -o pan pan.c &&
    timeout "$limit" nice -n 15 ./pan -m1000000 $5 ${3:+-N $3} > out; code=$?
    grep -oE 'errors: [0-9]+|[0-9]+ states, stored|assertion violated|acceptance cycle|max search depth too small' out > result
    [ $code = 124 ] && echo "not finished in $limit s" >> result)
  cd "$here" && judge "$1" $((SECONDS - from))
}

keys='devA, devB, skA, skB'
nocert='/if signed(/d'
noee='s/let ee = .* in/let ee = g in/'

prove invite                  handshake-invite sotto
prove invite-broken           handshake-invite sotto '' 's/new invite: bitstring;/in(c, invite: bitstring);/'
prove invite-kem              handshake-invite sotto-kem
prove invite-later            handshake-invite-later sotto
prove invite-later-broken     handshake-invite-later sotto '' '' "$noee"
prove invite-leaked           handshake-invite-leaked sotto
prove invite-leaked-broken    handshake-invite-leaked sotto '' '' "$nocert"
prove again                   handshake-again sotto
prove again-keys-known        handshake-again sotto "out(c, ($keys))"
prove again-kem               handshake-again sotto-kem
prove again-later             handshake-again-secrecy sotto "phase 1; out(c, (psk, $keys))"
prove again-psk-first         handshake-again-secrecy sotto "out(c, psk); phase 1; out(c, ($keys))"
prove again-keys-first        handshake-again-secrecy sotto "out(c, ($keys)); phase 1; out(c, psk)"
prove again-all-first-broken  handshake-again-secrecy sotto "out(c, (psk, $keys))"
prove again-later-broken      handshake-again-secrecy sotto "phase 1; out(c, (psk, $keys))" '' "$noee"
prove kci                     handshake-kci sotto 'out(c, devA)'
prove kci-broken              handshake-kci sotto 'out(c, devA)' '' "$nocert"
prove kci-account             handshake-kci sotto 'out(c, skA)'
prove impersonation-device    impersonation sotto 'out(c, devA)'
prove impersonation-account   impersonation sotto 'out(c, skA)'
prove hybrid-dh-broken-later  hybrid sotto-kem "phase 1; out(c, (dhMachine(), psk, $keys))"
prove hybrid-kem-broken-later hybrid sotto-kem "phase 1; out(c, (kemMachine(), psk, $keys))"
prove hybrid-dh-broken-now    hybrid sotto-kem "out(c, dhMachine()); phase 1; out(c, (psk, $keys))"
prove hybrid-both-broken      hybrid sotto-kem "phase 1; out(c, (dhMachine(), kemMachine(), psk, $keys))"
prove identity-hiding         identity-hiding sotto
prove identity-hiding-later   identity-hiding sotto 'phase 1; out(c, (psk, devA, devB, devD))'
prove identity-hiding-broken  identity-hiding sotto 'out(c, psk)'
prove hello                   hello -
prove hello-broken            hello - '' 's/helloTag, us, callee, N1/helloTag, N1/; s/helloTag, caller, us, N1/helloTag, N1/'
prove hello-hiding            hello-hiding -
prove hello-hiding-broken     hello-hiding - '' 's/helloTag, ends, N1/helloTag, ends/'
prove unlinkability           unlinkability -
prove unlinkability-broken    unlinkability - '' 's/choice.next(rootP), next(rootQ)./choice[rootP, rootQ]/'

twoMachines='out(c, (dhMachine(), kemMachine()))'
prove group-envelope            group-envelope group
prove group-envelope-later      group-envelope group 'phase 1; out(c, (skA, skB, skC))'
prove group-envelope-dh-broken-now  group-envelope group 'out(c, dhMachine())'
prove group-envelope-kem-broken-now group-envelope group 'out(c, kemMachine())'
prove group-envelope-both-broken    group-envelope group "$twoMachines"
prove group-envelope-package-broken group-envelope group '' '/if signed(m1, s1)/d'
prove group-envelope-maker-broken   group-envelope group '' '/if signed(maker, signature)/d'
prove group-envelope-commit-broken  group-envelope group '' '/if commit = commitment/d'
prove group-signing             group-signing group
prove group-signing-thief       group-signing group 'out(c, devB)'
prove group-signing-mac-broken  group-signing group '' '/if m = mac(/d'
prove group-signing-self-broken group-signing group '' '/if signed(key, self)/d'
prove group-signing-generation-broken group-signing group '' 's/group, generation, author, key/group, author, key/; s/group, generation, A, pub/group, A, pub/'
prove group-deniability         group-deniability group
prove group-deniability-both    group-deniability group '' 's/devB, exp(g, devC)/devB, devC/; s/, random\]/, hmac(macKey(exp(exp(g, devA), devC)), fields)]/'
prove group-deniability-asked   group-deniability group '' 's/devB, exp(g, devC)/devB, devC/'
prove group-deniability-broken  group-deniability group '' 's/sign(k, (messageTag, \(.*\))))/choice[sign(skA, (messageTag, \1)), sign(k, (messageTag, \1))])/'
prove group-removed             group-removed group
prove group-removed-later       group-removed group 'phase 1; out(c, (skA, skB))'
prove group-removed-sealed-broken   group-removed group '' 's/  event Made(i, K);/&\n  in(c, (X3: point, EK3: kempk)); new r3: coins; out(c, envelope(K, before, pub(k), e, X3, EK3, r3, pub(skX)));/'
prove group-removed-frontier-broken group-removed group '' '/if frontier = opId(op) then/d'
prove group-removed-maker-broken    group-removed group '' '/if mayMake(/d'
prove group-chain               group-chain group
prove group-chain-broken        group-chain group '' 's/out(c, ck4)/out(c, K)/'

check persist-safe            persist-then-send safe '' -a
check persist-live            persist-then-send live '-DLIVE -DCRASHES=1 -DLOSSES=1' '-a -f'
for mistake in SEND_FIRST ACK_FIRST SEAL_AGAIN NO_IDS; do
  check "persist-$mistake-broken" persist-then-send safe "-D$mistake" -a
done
check pairing                 pairing '' -DCUTS=2 -a
# No progress is marked, so any run without an end is an error.
check pairing-ends            pairing '' -DCUTS=2 '-l -noclaim' -DNP
for mistake in FORGET_EARLY TRUST_ANSWER NEW_CLAIM; do
  check "pairing-$mistake-broken" pairing '' "-DCUTS=2 -D$mistake" -a
done
exit $bad
