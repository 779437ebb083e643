"""Installs the servers' packages where that is permitted, without starting anything."""

import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from stack import programs
from stack.failure import StackError
from stack.files import last_lines, open_log

# Packages of servers start a server and, for PostgreSQL, create a cluster when they are installed.
# Both are refused here, by means that are taken away again whatever happens.
APT_SCRIPT = r"""
set -eu
policy=/usr/sbin/policy-rc.d
clusters=/etc/postgresql-common/createcluster.d/sluice.conf
remove=
trap 'rm -f $remove' EXIT
trap 'exit 1' HUP INT TERM
if [ ! -e "$policy" ]; then
    remove="$remove $policy"
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
fi
remove="$remove $clusters"
mkdir -p "${clusters%/*}"
echo 'create_main_cluster = false' > "$clusters"
export DEBIAN_FRONTEND=noninteractive
apt-get -o DPkg::Lock::Timeout=300 update
apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"
if command -v systemctl > /dev/null; then
    for package in "$@"; do systemctl disable "$package" || true; done
fi
"""


EXTRAS = {
    "prometheus": ("prometheus", programs.prometheus),
    "alertmanager": ("prometheus-alertmanager", programs.alertmanager),
}


def missing(*, database: bool, broker: bool, extras: Iterable[str] = ()) -> list[str]:
    packages = []
    if database and not programs.is_present_postgres():
        packages.append("postgresql")
    if broker and not programs.is_present_broker():
        packages.append("rabbitmq-server")
    for package, find in (EXTRAS[name] for name in extras if name in EXTRAS):
        if not programs.is_present(find):
            packages.append(package)
    return packages


def install(packages: list[str], log: Path, say: Callable[[str], None]) -> None:
    command = _install_command(packages)
    if command is None:
        raise StackError(how_to_install(packages))
    say(f"Installing {' and '.join(packages)} (log: {log})")
    with open_log(log) as output:
        outcome = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
        )
    if outcome.returncode != 0:
        raise StackError(
            f"Installing {' and '.join(packages)} failed; log: {log}\n{last_lines(log, 5)}"
        )


def how_to_install(packages: list[str]) -> str:
    if platform.system() == "Darwin":
        command = f"brew install {' '.join(_brew_names(packages))}"
    else:
        command = f"sudo apt-get install --no-install-recommends {' '.join(packages)}"
    return f"{' and '.join(packages)} must be installed first. Run: {command}"


def _install_command(packages: list[str]) -> list[str] | None:
    if shutil.which("apt-get"):
        script = ["sh", "-c", APT_SCRIPT, "sh", *packages]
        if os.geteuid() == 0:
            return script
        return ["sudo", "-n", *script] if _has_passwordless_sudo() else None
    if platform.system() == "Darwin" and shutil.which("brew"):
        return ["brew", "install", *_brew_names(packages)]
    return None


def _brew_names(packages: list[str]) -> list[str]:
    names = {
        "postgresql": "postgresql@17",
        "rabbitmq-server": "rabbitmq",
        "prometheus-alertmanager": "alertmanager",
    }
    return [names.get(package, package) for package in packages]


def _has_passwordless_sudo() -> bool:
    if not shutil.which("sudo"):
        return False
    return subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
