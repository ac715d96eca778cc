#!/bin/sh
# The healthcheck: fetches /healthz, or never returns.
if [ "$(cat /app/mode)" = hang ]; then
    sleep 3600
fi
if [ -x /app/store ] && ! /app/store check; then
    exit 1
fi
# Without a limit of its own: this wget can crash when given one. The engine has a limit.
exec wget -q -O /dev/null http://127.0.0.1:8080/healthz
