#!/bin/sh
# Data of an app: 200 records. `open` makes them, migrates older ones and refuses newer ones; `check` reads them all.
schema=$(cat /app/schema)
have=$(cat /data/schema 2>/dev/null)
write_all() {
    n=0
    while [ $n -lt 200 ]; do
        echo "record $n of schema $schema" >"/data/records/$n" || return 1
        n=$((n + 1))
    done
}
check() {
    [ "$(cat /data/schema)" = "$schema" ] && [ ! -e /data/migrating ] || return 1
    n=0
    while [ $n -lt 200 ]; do
        read -r line <"/data/records/$n" || return 1
        [ "$line" = "record $n of schema $schema" ] || return 1
        n=$((n + 1))
    done
}
if [ "$1" = check ]; then
    check
    exit
fi
echo "start $schema" >>/data/log || exit 1
if [ -z "$have" ]; then
    mkdir -p /data/records && write_all && echo "$schema" >/data/schema
elif [ "$have" -gt "$schema" ] || { [ -e /data/migrating ] && [ "$(cat /data/migrating)" != "$schema" ]; }; then
    echo "the data is of schema $have, and this is $schema" >&2
    exit 1
elif [ "$have" -lt "$schema" ]; then
    echo "$schema" >/data/migrating && write_all && echo "$schema" >/data/schema && rm /data/migrating
else
    check
fi
