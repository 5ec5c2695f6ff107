#!/bin/bash
# Makes a cluster where there is none, as POSTGRES_USER, _PASSWORD and _DB say, then becomes the server.
set -euo pipefail

from_file() { # VARIABLE: takes it from the file that VARIABLE_FILE names
    local file=${1}_FILE
    if [ -n "${!file:-}" ]; then
        export "$1=$(cat "${!file}")"
    fi
}

make_cluster() {
    if [ -z "${POSTGRES_PASSWORD:-}" ] && [ "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]; then
        echo "Set POSTGRES_PASSWORD, or POSTGRES_HOST_AUTH_METHOD=trust." >&2
        exit 1
    fi
    initdb --username="$POSTGRES_USER" --pwfile=<(echo "${POSTGRES_PASSWORD:-}") \
        --encoding=UTF8 --auth-local=trust --auth-host=scram-sha-256
    echo "host all all all ${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >>"$PGDATA/pg_hba.conf"
    # Nobody outside is to meet the server before it is filled.
    pg_ctl start --wait --options="-c listen_addresses=''"
    if [ "$POSTGRES_DB" != postgres ]; then
        createdb --username="$POSTGRES_USER" "$POSTGRES_DB"
    fi
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        case $file in
        *.sh) . "$file" ;;
        *.sql) psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -f "$file" ;;
        esac
    done
    pg_ctl stop --wait --mode=fast
}

if [ "${1:0:1}" = - ]; then
    set -- postgres "$@"
fi
if [ "$1" != postgres ]; then
    exec "$@"
fi
if [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA"
    chown -R postgres "$PGDATA"
    chmod 700 "$PGDATA"
    exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$0" "$@"
fi
for variable in POSTGRES_USER POSTGRES_PASSWORD POSTGRES_DB; do
    from_file "$variable"
done
export POSTGRES_USER=${POSTGRES_USER:-postgres}
export POSTGRES_DB=${POSTGRES_DB:-$POSTGRES_USER}
[ -s "$PGDATA/PG_VERSION" ] || make_cluster
exec "$@" -c listen_addresses='*'
