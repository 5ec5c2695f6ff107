#!/bin/bash
# Takes settings from variables with a dot in their names, makes the certificates and users of its
# demonstration, then becomes the server.
set -euo pipefail

mapfile -t settings < <(env | sed -n 's/^\([a-z_]*\.[a-z_.]*=.*\)/-E\1/p')
plugins/opensearch-security/tools/install_demo_configuration.sh -y -i -s
exec bin/opensearch "${settings[@]}"
