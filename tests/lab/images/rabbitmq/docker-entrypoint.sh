#!/bin/sh
# Lets RABBITMQ_DEFAULT_USER and _PASS in from other hosts, then becomes the server.
set -eu

if [ "$1" = rabbitmq-server ]; then
    cat >/etc/rabbitmq/rabbitmq.conf <<END
default_user = ${RABBITMQ_DEFAULT_USER:-guest}
default_pass = ${RABBITMQ_DEFAULT_PASS:-guest}
loopback_users = none
log.console = true
END
    chown -R rabbitmq /var/lib/rabbitmq
    # Debian's wrapper would change to the user by `su`, which holds no signal back from the server.
    exec setpriv --reuid=rabbitmq --regid=rabbitmq --init-groups -- "$@"
fi
exec "$@"
