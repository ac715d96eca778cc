#!/bin/sh
# The app's only process: answers /version on 8080, and /healthz as /app/mode says.
trap 'exit 0' TERM INT
version=$(cat /app/version)
mode=$(cat /app/mode)
echo "app $version starts, mode $mode"
if [ -x /app/store ] && ! /app/store open; then
    echo "app $version cannot open its data" >&2
    exit 4
fi
if [ "$mode" = exit ]; then
    echo "app $version cannot start" >&2
    exit 3
fi
cp /app/version /www/version
case $mode in
healthy | plain | hang) touch /www/healthz ;;
after:*) (sleep "${mode#after:}" && touch /www/healthz) & ;;
until:*)
    touch /www/healthz
    (sleep "${mode#until:}" && rm /www/healthz) &
    ;;
esac
httpd -f -p 8080 -h /www &
wait $!
