#!/bin/sh
# Makes the virtual environment, and installs in it what requirements.lock names and the project.
set -eu

venv=$1

fail() {
    echo "$1" >&2
    exit 1
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if is_new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer is not there (Debian, Ubuntu: apt install python3 python3-venv)."
}

if ! is_new_enough "$venv/bin/python" || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    rm -rf "$venv"
    if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        fail "$python cannot make virtual environments (Debian, Ubuntu: apt install python3-venv)."
    fi
    "$python" -m venv "$venv"
fi

echo "installing into $venv" >&2
pip="$venv/bin/python -m pip --quiet --disable-pip-version-check install"
$pip --require-hashes --requirement requirements.lock
$pip --no-deps --no-build-isolation --editable .
touch "$venv/.installed"
