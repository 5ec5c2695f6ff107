#!/bin/sh
# Becomes the server as a user of its own, who owns the data.
set -eu

if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
    chown -R redis /data
    exec setpriv --reuid=redis --regid=redis --init-groups -- "$@"
fi
exec "$@"
