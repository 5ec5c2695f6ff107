#!/bin/sh
# Lets RABBITMQ_DEFAULT_USER and _PASS in from other hosts, then becomes the server.
set -eu

if [ "$1" = rabbitmq-server ]; then
    cat >/etc/rabbitmq/rabbitmq.conf <<END
default_user = ${RABBITMQ_DEFAULT_USER:-guest}
default_pass = ${RABBITMQ_DEFAULT_PASS:-guest}
loopback_users = none
END
    cookie=/var/lib/rabbitmq/.erlang.cookie
    # A health check that is faster than the server would make another, and neither would know.
    if [ ! -s "$cookie" ]; then
        od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$cookie"
        chmod 400 "$cookie"
    fi
    chown -R rabbitmq:rabbitmq /var/lib/rabbitmq
    # Debian's own command runs it below a shell that hides its output and its signals.
    HOME=/var/lib/rabbitmq RABBITMQ_LOGS=- exec \
        setpriv --reuid=rabbitmq --regid=rabbitmq --init-groups -- /usr/lib/rabbitmq/bin/"$@"
fi
exec "$@"
