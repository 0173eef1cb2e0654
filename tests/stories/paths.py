"""Where each page of a pod is found in the place that stories look at."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from tests.stories.place import Place

Paths = Callable[[Place], list[str]]


def at(path: str) -> Paths:
    """A page that is the same everywhere."""
    return lambda _: [path]


def of_group(rest: str = "") -> Paths:
    """A page of the village."""
    return lambda place: [f"/g/{place.village}{rest}"]


def of_post(rest: str = "") -> Paths:
    """A page of the post with versions."""
    return lambda place: [f"/g/{place.village}/posts/{place.post}{rest}"]


def of_poll(rest: str = "") -> Paths:
    """A page of the poll in which one may vote."""
    return lambda place: [f"/g/{place.village}/polls/{place.poll}{rest}"]


def of_early_poll(rest: str) -> Paths:
    """A page of the poll whose proposals are being made."""
    return lambda place: [f"/g/{place.village}/polls/{place.early}{rest}"]


def of_paragraph(rest: str) -> Paths:
    """A page of a paragraph of that post."""
    return lambda place: [f"/g/{place.village}/posts/{place.post}/paragraphs/{place.post}/1/{rest}"]


def looked_at(place: Place) -> list[str]:
    """The post as it is read and worked on, in its own lens, in two, and in none."""
    post = f"/g/{place.village}/posts/{place.post}"
    lenses = urlencode([("lens", place.village), ("lens", place.critics), ("combine", "all")])
    return [post, f"{post}?mode=wiki", f"{post}?{lenses}", f"{post}?lens=off", f"/g/{place.village}/posts/{place.note}"]


def asked_why(place: Place) -> list[str]:
    """Why a post and a hidden paragraph have their scores."""
    targets = ({"post": place.post}, {"paragraph": {"record": place.post, "index": 2}})
    why = f"/g/{place.village}/posts/{place.post}/why"
    return [f"{why}?{urlencode({'target': json.dumps(target)})}" for target in targets]


def compared(place: Place) -> list[str]:
    """Two versions of a post, and of one of its paragraphs."""
    diff = f"/g/{place.village}/posts/{place.post}/diff"
    return [f"{diff}?from={place.post}&to={place.patch}", f"{diff}?from={place.post}.4&to={place.patch}.0"]


PATHS: Mapping[str, Paths] = {
    "/": at("/"),
    "/@{name}": lambda _: ["/@ada", "/@bo"],
    "/about": at("/about"),
    "/admin": at("/admin"),
    "/admin/audit": at("/admin/audit"),
    "/admin/floor": at("/admin/floor"),
    "/admin/floor/{group}": lambda place: [f"/admin/floor/{place.critics}"],
    "/admin/hosts": at("/admin/hosts"),
    "/admin/blocks": at("/admin/blocks"),
    "/admin/moves": at("/admin/moves"),
    "/admin/hosts/{host}": lambda place: [f"/admin/hosts/{place.beta.url.removeprefix('http://')}"],
    "/admin/invites": at("/admin/invites"),
    "/admin/mail": at("/admin/mail"),
    "/admin/people": at("/admin/people"),
    "/admin/settings": at("/admin/settings"),
    "/admin/sign-ups": at("/admin/sign-ups"),
    "/digest/{secret}": at("/digest/none"),
    "/follows": at("/follows"),
    "/g/{group}": lambda place: [f"/g/{group}" for group in (place.village, place.critics, place.private)],
    "/g/{group}/about": of_group("/about"),
    "/g/{group}/areas": of_group("/areas"),
    "/g/{group}/capabilities": of_group("/capabilities"),
    "/g/{group}/chain": lambda place: [f"/g/{place.village}/chain", f"/g/{place.village}/chain?verify=1"],
    "/g/{group}/continue": of_group("/continue"),
    "/g/{group}/evaluations": of_group("/evaluations"),
    "/g/{group}/how-we-decide": of_group("/how-we-decide"),
    "/g/{group}/invitations": of_group("/invitations"),
    "/g/{group}/keepers": of_group("/keepers"),
    "/g/{group}/leave": of_group("/leave"),
    "/g/{group}/log": of_group("/log"),
    "/g/{group}/members": of_group("/members"),
    "/g/{group}/members/{number}": of_group("/members/2"),
    "/g/{group}/members/{number}/weight": of_group("/members/2/weight?weight=1"),
    "/g/{group}/policy": of_group("/policy"),
    "/g/{group}/delegates": of_group("/delegates"),
    "/g/{group}/delegates/offer": of_group("/delegates/offer"),
    "/g/{group}/delegates/{number}": of_group("/delegates/2"),
    "/g/{group}/delegation": lambda place: [
        f"/g/{place.village}/delegation",
        f"/g/{place.village}/delegation?poll={place.poll}&add=3",
    ],
    "/g/{group}/polls": of_group("/polls"),
    "/g/{group}/polls/calendar": of_group("/polls/calendar"),
    "/g/{group}/polls/new": lambda place: [
        f"/g/{place.village}/polls/new",
        f"/g/{place.village}/polls/new?about={place.post}",
    ],
    "/g/{group}/polls/new/{draft}/{step}": lambda place: [
        f"/g/{place.village}/polls/new/{place.draft}/{step}"
        for step in ("question", "kind", "areas", "phases", "votes", "preview")
    ],
    "/g/{group}/polls/templates": of_group("/polls/templates"),
    "/g/{group}/polls/{poll}": of_poll(),
    "/g/{group}/polls/{poll}/ballots": of_poll("/ballots"),
    "/g/{group}/polls/{poll}/my-vote": of_poll("/my-vote"),
    "/g/{group}/polls/{poll}/receipt": of_poll("/receipt"),
    "/g/{group}/polls/{poll}/talk": of_poll("/talk"),
    "/g/{group}/polls/{poll}/vote": of_poll("/vote"),
    "/g/{group}/polls/{poll}/bets": of_early_poll("/bets"),
    "/g/{group}/polls/{poll}/contest": of_poll("/contest"),
    "/g/{group}/polls/{poll}/predictions": lambda place: [
        f"/g/{place.village}/polls/{poll}/predictions" for poll in (place.early, place.foretold)
    ],
    "/g/{group}/polls/{poll}/predictions/{prediction}": lambda place: [
        f"/g/{place.village}/polls/{place.foretold}/predictions/{place.prediction}"
    ],
    "/g/{group}/polls/{poll}/proposals": of_early_poll("/proposals"),
    "/g/{group}/posts/{post}": looked_at,
    "/g/{group}/posts/{post}/blame": of_post("/blame"),
    "/g/{group}/posts/{post}/compare": lambda place: [
        f"/g/{place.village}/posts/{place.post}/compare?a={place.village}&b={place.critics}"
    ],
    "/g/{group}/posts/{post}/diff": compared,
    "/g/{group}/posts/{post}/erase": of_post("/erase"),
    "/g/{group}/posts/{post}/history": of_post("/history"),
    "/g/{group}/posts/{post}/paragraphs/{record}/{index}/add": of_paragraph("add"),
    "/g/{group}/posts/{post}/paragraphs/{record}/{index}/edit": of_paragraph("edit"),
    "/g/{group}/posts/{post}/why": asked_why,
    "/g/{group}/predictors": of_group("/predictors"),
    "/g/{group}/predictors/{number}": of_group("/predictors/2"),
    "/g/{group}/preview": lambda place: [f"/g/{place.village}/preview?lens={place.critics}"],
    "/g/{group}/profile": of_group("/profile"),
    "/g/{group}/proposals": of_group("/proposals"),
    "/g/{group}/publish": lambda place: [f"/g/{place.private}/publish"],
    "/g/{group}/recovery": of_group("/recovery"),
    "/g/{group}/subjects": of_group("/subjects"),
    "/g/{group}/write": of_group("/write"),
    "/groups": at("/groups"),
    "/groups/new": at("/groups/new"),
    "/invitation/{secret}": at("/invitation/" + "ab" * 32),
    "/join": lambda place: ["/join", f"/join?group={place.village}&pod={place.beta.url}"],
    "/language": at("/language"),
    "/me/drafts": at("/me/drafts"),
    "/me/votes": at("/me/votes"),
    "/me/needs-you": at("/me/needs-you"),
    "/me/hides": at("/me/hides"),
    "/move": at("/move"),
    "/move/consent/{asked}": at("/move/consent/none"),
    "/move/switching": at("/move/switching"),
    "/move/switched": at("/move/switched"),
    "/move/switch/{asked}": at("/move/switch/none"),
    "/settings/leaving": at("/settings/leaving"),
    "/move/file": at("/move/file"),
    "/move/journey": at("/move/journey"),
    "/move/return": at("/move/return"),
    "/move/second-home": at("/move/second-home"),
    "/move/without-words": at("/move/without-words"),
    "/notifications": at("/notifications"),
    "/not-me": at("/not-me"),
    "/closed/{secret}": at("/closed/none"),
    "/not-me/{secret}": at("/not-me/none"),
    "/recover": at("/recover"),
    "/s/{name}": at("/s/Wells"),
    "/search": lambda _: ["/search", "/search?q=well", "/search?q=nothing+like+this"],
    "/settings": at("/settings"),
    "/settings/kit": at("/settings/kit"),
    "/settings/archive": at("/settings/archive"),
    "/settings/archive/file": at("/settings/archive/file"),
    "/settings/authenticator": at("/settings/authenticator"),
    "/settings/confirm": at("/settings/confirm"),
    "/settings/digest": at("/settings/digest"),
    "/settings/feeds": at("/settings/feeds"),
    "/settings/grants": at("/settings/grants"),
    "/settings/import": at("/settings/import"),
    "/settings/import/failed": at("/settings/import/failed"),
    "/settings/keys": at("/settings/keys"),
    "/settings/mail": at("/settings/mail"),
    "/settings/not-me": at("/settings/not-me"),
    "/settings/moved": at("/settings/moved"),
    "/settings/moved/failed.csv": at("/settings/moved/failed.csv"),
    "/settings/passkeys": at("/settings/passkeys"),
    "/settings/sessions": at("/settings/sessions"),
    "/settings/tokens": at("/settings/tokens"),
    "/settings/words": at("/settings/words"),
    "/setup/{token}": at("/setup/none"),
    "/sign-in": at("/sign-in?to=/groups"),
    "/sign-in/code": at("/sign-in/code"),
    "/sign-in/link/{token}": at("/sign-in/link/none"),
    "/sign-in/second": at("/sign-in/second"),
    "/sign-up": at("/sign-up"),
    "/sign-up/answer/{token}": at("/sign-up/answer/none"),
    "/sign-up/code": at("/sign-up/code"),
    "/sign-up/open/{token}": at("/sign-up/open/none"),
    "/sign-up/waiting": at("/sign-up/waiting"),
}
