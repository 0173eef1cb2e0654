"""The list of what a new pod still needs. Each line ticks itself once it holds, and links to the page that mends it."""

from __future__ import annotations

import msgspec

from pod.actions.admin.dashboard import Running
from pod.translations import Translator


class Item(msgspec.Struct, frozen=True):
    """Something to do; `found` says what the check found, `href` leads to where it is mended."""

    done: bool
    name: str
    hint: str
    found: str
    href: str
    link: str


def checklist(say: Translator, running: Running) -> tuple[Item, ...]:
    """Everything that a pod needs, in the order in which to mend it."""
    return (*_from_outside(say, running), *_to_keep(say, running), *_to_say(say, running))


def _from_outside(say: Translator, running: Running) -> tuple[Item, ...]:
    names = (
        ("base url", say("Its name leads here"), say("The name in DNS leads to this machine, the proxy to this pod.")),
        ("tls", say("Its certificate holds"), say("Browsers and other pods trust the connection.")),
        ("webfinger", say("People are found"), say("Other servers ask WebFinger for people here.")),
        ("inbox", say("Its inbox takes deliveries"), say("A signed delivery passes the proxy unchanged.")),
    )
    looks, link = running.looks, say("Look now")
    return tuple(
        Item(
            name in looks and looks[name].ok,
            title,
            hint,
            looks[name].found if name in looks else "",
            "#look",
            link,
        )
        for name, title, hint in names
    )


def _to_keep(say: Translator, running: Running) -> tuple[Item, ...]:
    mail, at = running.looks.get("mail"), running.backup_at
    sent = mail is not None and mail.ok
    backup = (
        say("The last one: %(at)s", at=say.moment(at))
        if at is not None
        else say("Run pod backup create on the machine of the pod.")
    )
    return (
        Item(sent, say("Mail goes out"), say("People sign in by mailed codes."), "", "/admin/mail", say("Send a test")),
        Item(at is not None, say("A backup is made"), backup, "", "", ""),
        Item(
            running.admins > 1,
            say("A second admin"),
            say("So that the pod isn't lost with one person."),
            *("", "/admin/people", say("Name one")),
        ),
    )


def _to_say(say: Translator, running: Running) -> tuple[Item, ...]:
    settings, where = running.settings, ("", "/admin/settings", say("Fill in"))
    contact, terms = say("A contact for people and authorities."), say("The terms of the pod.")
    room = say("A pod without groups is an empty room.")
    return (
        Item(bool(settings.contact), say("Who is to be asked"), contact, *where),
        Item(bool(settings.terms), say("What is asked of everybody"), terms, *where),
        Item(running.groups > 0, say("A first group"), room, "", "/groups/new", say("Found one")),
    )
