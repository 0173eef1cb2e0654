"""Snippets for Caddy, nginx and systemd, with the domain, port and folders of this pod."""

from __future__ import annotations

import getpass
import re
import sys
from pathlib import Path
from typing import Final

import msgspec

from federation.addresses import bracketed

CADDY: Final = "Caddyfile"
NGINX: Final = "nginx.conf"
SYSTEMD: Final = "althing.service"
# First parts of paths whose rest is a secret.
SECRET: Final = (
    "closed",
    "digest",
    "feeds",
    "invitation",
    "not-me",
    "setup",
    "sign-in/link",
    "sign-up/answer",
    "sign-up/open",
)
HOMES: Final = ("/home/", "/run/user/")

_CADDY = """\
# Caddy before a pod: it gets the certificate and keeps it.
{domain} {{
	encode gzip
	# Host and path reach the pod as they were sent: other servers sign them.
	reverse_proxy {address}
}}
"""

_NGINX = """\
# nginx before a pod; the certificate is of your certbot or acme client.
server {{
    listen 80;
    listen [::]:80;
    server_name {domain};
    return 301 https://$host$request_uri;
}}

server {{
    listen 443 ssl;
    listen [::]:443 ssl;
    server_name {domain};
    ssl_certificate /etc/letsencrypt/live/{domain}/fullchain.pem;
    ssl_certificate_key /etc/letsencrypt/live/{domain}/privkey.pem;

    # The pod has narrower limits of its own.
    client_max_body_size 64m;

    proxy_http_version 1.1;
    # Other servers sign the host.
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header Connection "";
    # A batch of another pod may take its time to be verified.
    proxy_read_timeout 60s;

    location / {{
        # No path after the port: nginx would rewrite it, and other servers sign the path as they sent it.
        proxy_pass http://{address};
    }}

    # These addresses end in a secret, which belongs in no log.
    location ~ ^/({secret})/ {{
        access_log off;
        proxy_pass http://{address};
    }}
}}
"""

_SYSTEMD = """\
# A pod under systemd: copy this to /etc/systemd/system/{name}, then `systemctl enable --now althing`.
[Unit]
Description=Althing pod
After=network-online.target postgresql.service
Wants=network-online.target

[Service]
User={user}
ExecStart={program} serve --data {served}
Restart=on-failure
RestartSec=2
# Deliveries under way are written down before the end; what was accepted is on disk anyway.
TimeoutStopSec=30
NoNewPrivileges=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectSystem=strict
ReadWritePaths={data}
ProtectHome={home}
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
LockPersonality=yes
CapabilityBoundingSet=

[Install]
WantedBy=multi-user.target
"""


class Site(msgspec.Struct, frozen=True):
    """A pod's domain, where it listens, its folder, the program that serves it and the user who runs that."""

    domain: str
    listen: str
    port: int
    data: Path
    program: Path
    user: str


def this_site(domain: str, listen: str, port: int, data: Path) -> Site:
    """The site of the program and user that run now."""
    return Site(domain, listen, port, data.absolute(), Path(sys.executable).parent / "pod", getpass.getuser())


def snippets(site: Site) -> dict[str, str]:
    """The text of each file, by its name."""
    listen = bracketed(site.listen)
    address = f"{'127.0.0.1' if listen in ('', '0.0.0.0') else listen}:{site.port}"  # noqa: S104  (compared, not bound)
    # ProtectHome=yes would hide the pod's own folders there.
    homes = (*HOMES, f"{Path.home()}/")
    in_home = f"{site.data}/".startswith(homes) or f"{site.program}/".startswith(homes)
    return {
        CADDY: _CADDY.format(domain=site.domain, address=address),
        NGINX: _NGINX.format(domain=site.domain, address=address, secret="|".join(SECRET)),
        SYSTEMD: _SYSTEMD.format(
            name=SYSTEMD,
            user=site.user,
            # A command's words may name variables, those of other keys may not.
            program=_word(site.program).replace("$", "$$"),
            served=_word(site.data).replace("$", "$$"),
            data=_word(site.data),
            home="read-only" if in_home else "yes",
        ),
    }


def _word(path: Path) -> str:
    """A path as one word of a unit file: percent signs are doubled, blanks and quotes quoted."""
    text = str(path).replace("%", "%%")
    if re.search(r"[\s\"'\\]", text):
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return text
