#!/bin/bash
# Makes the data where there is none, as MYSQL_USER, _PASSWORD, _DATABASE and _ROOT_PASSWORD say, then
# becomes the server.
set -euo pipefail

quoted() { # a text as SQL has it
    local text=${1//\\/\\\\}
    echo "'${text//\'/\'\'}'"
}

wishes() { # what a new server is to be told
    local root user
    root=$(quoted "$MYSQL_ROOT_PASSWORD")
    user="$(quoted "$MYSQL_USER")@'%'"
    cat <<END
FLUSH PRIVILEGES;
ALTER USER root@localhost IDENTIFIED BY $root;
CREATE USER root@'%' IDENTIFIED BY $root;
GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;
CREATE DATABASE \`$MYSQL_DATABASE\`;
CREATE USER $user IDENTIFIED BY $(quoted "$MYSQL_PASSWORD");
GRANT ALL ON \`$MYSQL_DATABASE\`.* TO $user;
END
}

if [ "$1" != mariadbd ]; then
    exec "$@"
fi
if [ "$(id -u)" = 0 ]; then
    chown -R mysql /var/lib/mysql
    exec setpriv --reuid=mysql --regid=mysql --init-groups -- "$0" "$@"
fi
if [ ! -d /var/lib/mysql/mysql ]; then
    if [ -z "${MYSQL_ROOT_PASSWORD:-}" ]; then
        echo "Set MYSQL_ROOT_PASSWORD." >&2
        exit 1
    fi
    mariadb-install-db --skip-test-db --auth-root-authentication-method=normal >/dev/null
    wishes | mariadbd --bootstrap --skip-networking
fi
exec "$@" --bind-address=0.0.0.0
