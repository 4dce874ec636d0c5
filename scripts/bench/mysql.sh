# Sourced by the benches that need a MySQL of their own with the vendor's durability (every commit on disk, binary log on):
# starts it, and takes it away with all its files when the bench ends. Leaves behind `work`, a folder for files; `sql`, the
# client as root; `tcp`, the client as the benches' account; and `url`, of the database `bench`.
mysqld=${AURA_DB_MYSQLD:-$HOME/.cache/aura-db/servers/mysql-9.7/bin/mysqld}
client=${mysqld%/*}/mysql

work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
mkdir "$work/tmp"
port=$((20000 + RANDOM % 20000))
"$mysqld" --no-defaults --initialize-insecure --user="$(id -un)" --datadir="$work/data" 2>"$work/init.log" ||
    { cat "$work/init.log" >&2; exit 3; }
"$mysqld" --no-defaults --user="$(id -un)" --datadir="$work/data" --socket="$work/s" --tmpdir="$work/tmp" \
    --port="$port" --bind-address=127.0.0.1 --mysqlx=OFF --pid-file="$work/pid" 2>"$work/server.log" &
server=$!
for ((i = 0; i < 600; i++)); do
    "$client" -uroot -S "$work/s" -e 'DO 0' 2>/dev/null && break
    sleep 0.1
done
sql() { "$client" -uroot -S "$work/s" "$@"; }
sql -e "CREATE USER bench@'127.0.0.1' IDENTIFIED BY 'bench'; GRANT ALL ON *.* TO bench@'127.0.0.1'"
# Everybody goes over TCP, and encrypted where the tool does that unless told otherwise.
tcp() { "$client" -ubench -pbench -h127.0.0.1 -P"$port" "$@" 2>/dev/null; }
url="mysql://bench:bench@127.0.0.1:$port/bench"
fresh() { sql -e 'DROP DATABASE IF EXISTS bench; CREATE DATABASE bench'; }
