#!/usr/bin/env bash
# The gateway between a real mosquitto and a real disk: what is acked is stored,
# what is sent again is stored once, whatever is killed in between.
set -euo pipefail
build=$1
dir=$(mktemp -d)
pids=()
cleanup() {
    for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
    umount "$dir/disk" 2>/dev/null || true
    [ -n "${KEEP:-}" ] || rm -rf "$dir"
}
trap cleanup EXIT
fail() {
    echo "FAILED: $*"
    for f in "$dir"/*.log; do echo "--- $f"; tail -20 "$f"; done
    exit 1
}
free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
wait_for() { # what, command...: up to 20 s
    local what=$1
    shift
    for _ in $(seq 200); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    fail "no $what"
}
store() { sqlite3 -readonly "$dir/store.db" "$1"; }
is() { [ "$(store "$2")" = "$3" ] || fail "$1: $2 is '$(store "$2")', expected '$3'"; }

port=$(free_port) ops=$(free_port) api=$(free_port)
mkdir "$dir/disk" "$dir/packs"
cp "$build"/packs/*.pack "$dir/packs"
"$build/bin/tocsin" ca bench "$dir/certs" --device fridge-1 >/dev/null
"$build/bin/tocsin" broker mosquitto "$dir/broker" --certs "$dir/certs" --port "$port" >/dev/null
chmod -R a+rX "$dir"
mosquitto -c "$dir/broker/mosquitto.conf" 2>"$dir/broker.log" &
pids+=($!)
cat >"$dir/gateway.conf" <<CONF
store = $dir/store.db
packs = $dir/packs
brokers = localhost:$port
ca_file = $dir/certs/roots.pem
cert_file = $dir/certs/gateway.crt
key_file = $dir/certs/gateway.key
canary_cert_file = $dir/certs/canary.crt
canary_key_file = $dir/certs/canary.key
listen = 127.0.0.1:$api
ops_listen = 127.0.0.1:$ops
console =
captive_to = bench@example.com
mail_from = alerts@example.com
CONF
gateway=
start_gateway() {
    "$build/bin/tocsin-gateway" --config "$dir/gateway.conf" 2>>"$dir/gateway.log" &
    gateway=$!
    pids+=("$gateway")
    wait_for "gateway that is ready" curl -sf "http://127.0.0.1:$ops/readyz"
}
said=0 # lines of the device's log that are read
heard() { grep -qx "$1" <(tail -n +$((said + 1)) "$dir/device.log"); }
expect() { wait_for "'$1' for the device" heard "$1"; }
forget() { said=$(wc -l <"$dir/device.log"); }

# holds: START-4
# a setting with a mistake: the place, the likely word, exit 2 before anything starts
printf 'store = x\nbrokerz = localhost\n' >"$dir/bad.conf"
set +e
text=$("$build/bin/tocsin-gateway" --config "$dir/bad.conf" --check-config 2>&1)
[ $? = 2 ] || fail "a bad setting did not end with 2"
set -e
[[ $text == *bad.conf:2:1* && $text == *brokers* ]] || fail "a bad setting says: $text"

# a word that a subcommand does not take is no silence: the likely word, exit 2, nothing done
refused() { # what it must say, words...
    local says=$1
    shift
    set +e
    text=$(echo secret-word | "$build/bin/tocsin-gateway" --config "$dir/gateway.conf" "$@" 2>&1)
    status=$?
    set -e
    [ $status = 2 ] || fail "tocsin-gateway $* ended with $status"
    [[ $text == *"$says"* ]] || fail "tocsin-gateway $* says: $text"
}
refused "before the verb" user add anna --config "$dir/other.conf"
refused "--role" user add anna --roll admin
refused "one word too many" user add anna bert
refused "expected a value" user add anna --role
refused "expected a NAME" user add --role admin
refused "did you mean disable" user disabel anna
refused "did you mean token" tokken list
refused "--scope" token add bench --scop read
refused "before the verb" user list --log_level=error
[ ! -e "$dir/store.db" ] || fail "a refused command made a store"
echo secret-word | "$build/bin/tocsin-gateway" --config "$dir/gateway.conf" user add anna --role admin ||
    fail "user add"
[[ $("$build/bin/tocsin-gateway" --config "$dir/gateway.conf" user list) == *anna*admin* ]] || fail "user list"

start_gateway
mkfifo "$dir/say"
"$build/tests/wire_device" "$port" "$dir/certs" fridge-1 <"$dir/say" >"$dir/device.log" 2>&1 &
pids+=($!)
exec 7>"$dir/say"
expect up
echo "hello 1" >&7
expect heard
echo "temp 1 4.0" >&7
expect "ack b2 1"
is "one batch is stored" "SELECT count(*) FROM inputs WHERE kind=1" 1
is "the device is here" "SELECT presence FROM devices" online

# the same again: acked again, stored once
forget
echo "temp 1 4.0" >&7
expect "ack b2 1"
# junk stops nobody
echo junk >&7
echo "temp 2 4.1" >&7
expect "ack b2 2"
metric() { [[ $(curl -s "http://127.0.0.1:$ops/metrics") == *"$1"* ]] || fail "no metric $1"; }
metric 'tocsin_refused_total{reason="malformed"} 1'
[ "$(grep -c "GW034 fridge-1: .* malformed" "$dir/gateway.log")" = 1 ] || fail "no word in the log about what was refused"

# killed: what was acked is there, what is sent again is acked and stored once
for round in 1 2 3; do
    kill -9 "$gateway"
    wait "$gateway" 2>/dev/null || true
    forget
    echo "temp $((2 + round)) 4.2" >&7 # nobody hears it
    start_gateway
    echo "hello $((1 + round))" >&7
    echo "temp 2 4.1" >&7
    echo "temp $((2 + round)) 4.2" >&7
    expect "ack b2 $((2 + round))"
done
is "each number is stored once" "SELECT count(*) FROM inputs WHERE kind=1" 5
is "nothing is missing" "SELECT contiguous || '/' || highest || '/' || stored FROM streams" 5/5/5

# a fault becomes an alert, with its log and hand-off
echo "fault 1 1" >&7
expect "ack a1 1"
is "one alert is open" "SELECT rule || '/' || state FROM alerts" "heater_open/open"
is "the stages are told" "SELECT count(*) FROM handoff WHERE kind='alert.opened'" 1
kill -9 "$gateway"
wait "$gateway" 2>/dev/null || true
forget
start_gateway
echo "hello 9" >&7
echo "fault 1 1" >&7
expect "ack a1 1"
is "it stays one alert" "SELECT count(*) FROM alerts" 1
echo "fault 2 0" >&7
expect "ack a1 2"
is "it is over" "SELECT state || '/' || resolved_by FROM alerts" "resolved/data"
is "no restart made the device absent" \
    "SELECT count(*) FROM handoff WHERE kind='device.presence' AND body NOT LIKE '%online%'" 0
metric $'\ntocsin_replay_defects_total 0\n'
# The canary tries what is forbidden (holds: ACCESS-1).
wait_for "canary" grep -q "GW015" "$dir/gateway.log"

# a second gateway on the same store is refused
set +e
"$build/bin/tocsin-gateway" --config "$dir/gateway.conf" --listen=127.0.0.1:0 --ops_listen=127.0.0.1:0 2>"$dir/second.log"
status=$?
set -e
[ $status = 1 ] || fail "a second gateway ended with $status"
grep -q "another gateway" "$dir/second.log" || fail "a second gateway says: $(cat "$dir/second.log")"

# a spoilt pack on SIGHUP: the old one stays in force, and that is said
head -c 100 "$build/packs/fridge.pack" >"$dir/packs/fridge.pack"
kill -HUP "$gateway"
wait_for "word about the spoilt pack" grep -q "GW022.*fridge.pack" "$dir/gateway.log"
cp "$build/packs/fridge.pack" "$dir/packs/fridge.pack"
kill -HUP "$gateway"
wait_for "word about the packs" grep -q "GW023" "$dir/gateway.log"
forget
echo "fault 3 1" >&7
expect "ack a1 3"
is "the rules are still in force" "SELECT count(*) FROM alerts WHERE state='open'" 1

kill -TERM "$gateway"
wait "$gateway" || fail "the gateway ended badly"

# a full disk: no ack, not ready, says so; with room again it goes on by itself
if mount -t tmpfs -o size=4m tmpfs "$dir/disk" 2>/dev/null; then
    sed -i "s|^store = .*|store = $dir/disk/store.db|" "$dir/gateway.conf"
    start_gateway
    forget
    echo "hello 20" >&7
    echo "temp 1 4.0" >&7
    expect "ack b2 1"
    dd if=/dev/zero of="$dir/disk/filler" bs=64k 2>/dev/null || true
    forget
    for seq in $(seq 2 12); do echo "temp $seq 4.0" >&7; done
    wait_for "word about the disk" grep -q "GW031" "$dir/gateway.log"
    [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$ops/readyz")" = 503 ] ||
        fail "a full disk and yet ready"
    rm "$dir/disk/filler"
    wait_for "word about room" grep -q "GW033" "$dir/gateway.log"
    for seq in $(seq 2 12); do echo "temp $seq 4.0" >&7; done
    expect "ack b2 12"
    stored=$(sqlite3 -readonly "$dir/disk/store.db" "SELECT count(*), max(contiguous) FROM inputs, streams WHERE kind=1")
    [ "$stored" = "12|12" ] || fail "after the full disk: $stored"
    kill -TERM "$gateway"
    wait "$gateway" || fail "the gateway ended badly"
else
    echo "full disk: left out, no file system of its own can be mounted here"
fi
echo "ok"
