#!/usr/bin/env bash
# Installs the real servers that the tests start: as root, or with CI=true; otherwise prints the command.
#
# Never removes a package (such as another mail server) and never starts a system service: the tests run each server
# with a configuration, a folder and a port of their own. What cannot be installed is named, its tests are skipped.
set -euo pipefail

PACKAGES="${SERVERS:-libmime-tools-perl clamav-daemon clamav c-icap libc-icap-mod-virus-scan rspamd postgresql chromium postfix fonts-noto-core libmagic1 libarchive13 clamav-testfiles p7zip-full genisoimage zip binutils knot unbound slapd fiu-utils libfaketime dosfstools mtools}"
POLICY=/usr/sbin/policy-rc.d

is_installed() {
    local name
    for name in "$1" "$1t64"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] && return 0
    done
    return 1
}

missing_packages() {
    local package
    for package in $PACKAGES; do
        is_installed "$package" || printf '%s ' "$package"
    done
}

install() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-remove --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "$@"
}

# Debian's own switch against services that start when they are installed; an operator's switch stays as it is.
keep_services_down() {
    [ -e "$POLICY" ] && return
    trap '$as_root rm -f "$POLICY"' EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$POLICY" >/dev/null
    $as_root chmod 755 "$POLICY"
}

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "No apt here. The tests use clamd, c-icap, rspamd, postgres, postfix, slapd and chromium where they are on the PATH; the others are skipped."
    exit 0
fi
missing=$(missing_packages)
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" != 0 ]; then
    as_root="sudo -n"
    if [ "${CI:-}" != true ] || ! $as_root true 2>/dev/null; then
        echo "Some servers of the tests are missing, their tests are skipped. To install them:"
        echo "    sudo apt-get install --no-remove --no-install-recommends $missing"
        exit 0
    fi
fi

keep_services_down
$as_root apt-get update --quiet || echo "apt-get update failed; going on with the lists that are here."
case " $missing" in *" postfix "*)
    echo "postfix postfix/main_mailer_type select No configuration" | $as_root debconf-set-selections ;;
esac
# All at once is quickest; one by one when a package is unknown here or would have to push another one out.
# shellcheck disable=SC2086
install $missing || for package in $missing; do
    install "$package" || echo "$package could not be installed: the tests that need it are skipped."
done
