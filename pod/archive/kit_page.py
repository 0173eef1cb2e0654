"""The recovery kit as one HTML page that opens from a disk, without a network; the same as JSON is inside."""

from __future__ import annotations

from html import escape

import msgspec

from pod.actions.accounts.recovery_kit import RecoveryKit
from pod.translations import Translator

_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem}"
    "body{color:#111;background:#fff}"
    "code,pre{font:0.85rem/1.4 ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}"
    "pre{border:1px solid #888;padding:.75rem}"
)


def kit_page(say: Translator, kit: RecoveryKit) -> str:
    """The page. Everything in it is escaped; it has no script that runs and asks no server."""
    title = say("Recovery kit of %(name)s", name=kit.name)
    told = [
        say("Made at %(pod)s on %(day)s. Make a new one every month.", pod=kit.pod, day=say.day(kit.at)),
        say(
            "If this pod is gone, open “Recover here” at another pod, type your 24 words there, and paste these lines."
        ),
        say(
            "Your 24 words aren't in it. It tells your groups, also the private ones: keep it where you keep the words."
        ),
    ]
    groups = [
        f"<li><strong>{escape(line.name)}</strong><br><code>{escape(line.group)}</code><br>"
        f"{escape(', '.join(line.pods))}</li>"
        for line in kit.groups
    ]
    homes = say("Second homes: %(pods)s", pods=", ".join(kit.second_homes)) if kit.second_homes else ""
    parts = [
        "<!doctype html>",
        f'<html lang="{escape(say.language)}"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>{escape(title)}</h1>",
        *(f"<p>{escape(text)}</p>" for text in told),
        f"<h2>{escape(say('Your groups'))}</h2>",
        f"<pre>{escape(chr(10).join(kit.lines))}</pre>",
        f"<ul>{''.join(groups)}</ul>",
        f"<p>{escape(homes)}</p>" if homes else "",
        f'<script type="application/json" id="kit">{_json(kit)}</script>',
        "</main></body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _json(kit: RecoveryKit) -> str:
    # A "<" in a name would end the script that holds it.
    return msgspec.json.encode(kit).decode().replace("<", "\\u003c")
