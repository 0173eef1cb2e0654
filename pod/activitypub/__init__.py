"""What other software of the fediverse asks and tells: actors, inboxes, objects, discovery."""

from pod.activitypub import actors, discovery, inbox, objects

ROUTES = (actors.routes, discovery.routes, inbox.routes, objects.routes)
