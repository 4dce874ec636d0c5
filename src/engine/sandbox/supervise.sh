# Runs a server and ends it. The server must not outlive the process that asked for it, even when that process is
# killed with -9 and can do nothing more itself: its end of the pipe that is our standard input closes by then.
#
#   $1      the directory to remove at the end
#   $2 ...  the server's command
#
# Standard input: one line begins; then `keep`, or nothing, and the end of input end the server, and unless it was
# `keep` the directory is removed. The file `exited` in the directory gets the server's status when it ends by itself.

# A signal meant for the one who asked is not for us: the end of input is our only order. XFSZ is what a server, which
# inherits this, would die of where it could report a full disk (`ulimit -f`).
trap '' HUP INT TERM PIPE XFSZ
directory=$1
shift
if ! read -r _; then
    rm -rf "$directory"
    exit
fi
exec 3<&0 </dev/null
"$@" >>"$directory/log" 2>&1 3<&- &
server=$!
{
    word=
    read -r word <&3
    if [ "$word" = keep ]; then
        : >"$directory/keep"
    fi
    # Not when it has ended by itself: its number may be another process's by now.
    if [ ! -e "$directory/exited" ]; then
        kill -9 "$server"
    fi
} 2>/dev/null &
watcher=$!
exec 3<&-
wait "$server"
echo $? >"$directory/exited.new"
mv "$directory/exited.new" "$directory/exited"
wait "$watcher"
if [ -e "$directory/keep" ]; then
    rm -f "$directory/keep" "$directory/exited"
else
    rm -rf "$directory"
fi
