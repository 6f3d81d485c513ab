#!/usr/bin/env bash
# Installs what `make bench` compares with: clamav-milter and amavisd-new from Debian, Haraka from npm, aiosmtpd from PyPI.
#
# The last two go into var/bench, and nothing is started: the benchmark runs each with a configuration, a folder and a
# port of its own. Removes no package. What cannot be installed is named, and left out of the table.
set -euo pipefail
cd "$(dirname "$0")/../.."

PACKAGES="clamav-milter amavisd-new"
command -v npm >/dev/null || PACKAGES="$PACKAGES nodejs npm"
HARAKA=3.3.4 HARAKA_CLAMD=1.0.6
AIOSMTPD=1.4.6 AIOSMTPLIB=5.1.3
PLACE=var/bench

SERVERS="$PACKAGES" tests/install_servers.sh
mkdir -p "$PLACE"
if [ ! -x "$PLACE/haraka/node_modules/.bin/haraka" ]; then
    mkdir -p "$PLACE/haraka"
    npm install --silent --no-audit --no-fund --prefix "$PLACE/haraka" "Haraka@$HARAKA" "haraka-plugin-clamd@$HARAKA_CLAMD" ||
        echo "Haraka could not be installed: it is left out."
fi
if [ ! -x "$PLACE/aiosmtpd/bin/python" ]; then
    "${PYTHON:-python3}" -m venv "$PLACE/aiosmtpd"
    "$PLACE/aiosmtpd/bin/pip" install --quiet "aiosmtpd==$AIOSMTPD" "aiosmtplib==$AIOSMTPLIB" ||
        { rm -rf "$PLACE/aiosmtpd"; echo "aiosmtpd could not be installed: it is left out."; }
fi
