"""Which actor of this pod a handle or URL means; names of people and ids of groups share one namespace."""

from __future__ import annotations

from yarl import URL

from federation.webfinger import Handle, actor_descriptor, server_descriptor
from models.people.accounts import folded_name
from pod.actions.fediverse.actor_documents import handle_host, load_followed, pod_name
from pod.actions.fediverse.actors import POD
from pod.actions.fediverse.moved import load_new_place
from pod.deps import Deps
from pod.rules.groups import GroupRule
from protocol.canonical import JsonObject
from protocol.errors import RefusedError
from protocol.ids import parse_id


async def find_actor(deps: Deps, resource: Handle | URL) -> JsonObject:
    """The descriptor of an actor; raises NotFoundError if the actor isn't here or isn't shown."""
    path = _path_of_handle(deps, resource) if isinstance(resource, Handle) else _path_of_url(deps, resource)
    if path == POD:
        return server_descriptor(f"{deps.identity.base_url}/", f"{deps.identity.base_url}/{POD}")
    try:
        async with deps.store.database.read() as session:
            await load_followed(session, deps, _checked(path))
            kind, _, name = path.partition("/")
            there = await load_new_place(session, name) if kind == "u" else None
    except RefusedError as error:
        raise GroupRule.NOBODY_OF_THAT_NAME.error() from error
    # The old actor stays the handle's own, because its document alone says where its owner went.
    page, aliases = (there.page, [there.actor]) if there else ("", [])
    own_id = f"{deps.identity.base_url}/{path}"
    return actor_descriptor(Handle(name, handle_host(deps)), own_id, profile_page=page, aliases=aliases)


def _path_of_handle(deps: Deps, handle: Handle) -> str:
    if handle.host != handle_host(deps):
        return ""
    name = folded_name(handle.name)
    if name == pod_name(deps):
        return POD
    return f"groups/{name}" if name.startswith("bagaaiera") else f"u/{name}"


def _path_of_url(deps: Deps, url: URL) -> str:
    base = URL(deps.identity.base_url)
    if url.origin() != base.origin() or url.query_string or url.fragment:
        return ""
    kind, _, name = url.path.strip("/").partition("/")
    if kind.startswith("@"):
        return f"u/{folded_name(kind.removeprefix('@'))}"
    # A page's address means the actor whose page it is.
    places = {"u": "u", "groups": "groups", "g": "groups"}
    return f"{places[kind]}/{folded_name(name)}" if kind in places else kind or POD


def _checked(path: str) -> str:
    kind, _, name = path.partition("/")
    if kind == "groups":
        parse_id(name)
    elif kind != "u" or not name:
        raise GroupRule.NOBODY_OF_THAT_NAME.error()
    return path
