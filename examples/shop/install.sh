#!/bin/sh
# Has the shop's own Python packages in .venv; does nothing where they are there already.
set -eu

if cmp -s requirements.txt .venv/installed.txt; then
    echo "all packages are there"
    exit
fi
rm -rf .venv
python3 -m venv .venv
.venv/bin/python -m pip --quiet --disable-pip-version-check install -r requirements.txt
cp requirements.txt .venv/installed.txt
