"""The reading door: outputs ask no table of texts, and the values that hold words are made in one place each."""

import ast
from collections.abc import Iterator

from tests.architecture.tree import imports_of, is_within, nodes_of

# Whatever people, mails and other software are shown is written by these.
OUTPUTS = (
    "pod/web/",
    "pod/api/",
    "pod/activitypub/",
    "pod/feeds/",
    "pod/mail/",
    "pod/plots/",
    "pod/archive/",
    "pod/actions/moving/archive_",
    "pod/actions/fediverse/",
    "pod/actions/letters.py",
    "pod/actions/notifications.py",
)
TEXTS = (
    "models.content",
    "models.groups.records",
    "models.moving.kept_copies",
    "models.moving.own_log",
    "models.moving.own_rows",
)
# What of these rooms holds no words: who belongs where, where what stands, a key, what the writing door has just taken.
WORDLESS = (
    "models.content.belonging",
    "models.content.claims.is_claimed",
    "models.content.liked_posts",
    "models.content.places",
    "models.content.posts_and_votes.target_key",
    "models.content.projections.Accepted",
)
MAKERS = {
    "ReadableGroup": "pod/actions/access.py",
    "VisiblePost": "pod/actions/reading/post/text.py",
    "VisibleParagraph": "pod/actions/reading/post/text.py",
    "VisibleCard": "pod/actions/reading/post/cards.py",
    "VisibleWords": "pod/actions/reading/post/cards.py",
    "OwnWriting": "pod/actions/reading/person/own_words.py",
    "VisibleProfile": "pod/actions/reading/group/profiles.py",
    "ToldPost": "pod/actions/reading/post/told.py",
    "ToldRecord": "pod/actions/reading/post/told.py",
}


def texts_in_outputs(path: str, tree: ast.Module) -> Iterator[str]:
    """An output that imports a table or query of texts goes round the door."""
    if not path.startswith(OUTPUTS):
        return
    for line, name in imports_of(tree):
        if any(is_within(name, room) for room in TEXTS) and not any(is_within(name, one) for one in WORDLESS):
            yield f"{line}: imports {name}. Words come from pod/actions/reading/, behind access.open_group."


def words_made_elsewhere(path: str, tree: ast.Module) -> Iterator[str]:
    """A value that holds words is made only where it is decided which."""
    for node in nodes_of(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in MAKERS and path != MAKERS[name]:
                yield f"{node.lineno}: makes a {name}, which {MAKERS[name]} alone does."
