// A server made with Fedify for tests: its one actor follows whom it is told to, keeps a list of what it receives, and
// moves along with a Move if both actors name each other. HOST and PORT: where it listens, and what its ids begin with.
import { createServer } from "node:http";
import { createFederation, generateCryptoKeyPair, MemoryKvStore } from "@fedify/fedify";
import { Accept, Activity, Endpoints, Follow, isActor, Move, Person, Undo } from "@fedify/vocab";
import { getDocumentLoader } from "@fedify/vocab-runtime";

const origin = `http://${process.env.HOST}:${process.env.PORT}`;
const keys = [await generateCryptoKeyPair("RSASSA-PKCS1-v1_5")];
const received = [];
const refused = [];
const following = new Set();
const asked = new Map();
const fresh = getDocumentLoader({ allowPrivateAddress: true });

const federation = createFederation({ kv: new MemoryKvStore(), allowPrivateAddress: true, origin });

federation
  .setActorDispatcher("/users/{identifier}", async (context, identifier) => {
    if (identifier !== "fia") return null;
    const [key] = await context.getActorKeyPairs(identifier);
    return new Person({
      id: context.getActorUri(identifier),
      preferredUsername: identifier,
      inbox: context.getInboxUri(identifier),
      endpoints: new Endpoints({ sharedInbox: context.getInboxUri() }),
      publicKey: key.cryptographicKey,
    });
  })
  .setKeyPairsDispatcher(async (_context, identifier) => (identifier === "fia" ? keys : []));

async function follow(context, target) {
  const own = context.getActorUri("fia");
  const id = new URL(`#follows/${asked.size + 1}`, own);
  asked.set(id.href, target.id.href);
  await context.sendActivity({ identifier: "fia" }, target, new Follow({ id, actor: own, object: target.id }));
}

async function unfollow(context, target) {
  const own = context.getActorUri("fia");
  const id = [...asked].find(([, actor]) => actor === target.id.href)?.[0];
  if (id === undefined || !following.delete(target.id.href)) return;
  const object = new Follow({ id: new URL(id), actor: own, object: target.id });
  await context.sendActivity({ identifier: "fia" }, target, new Undo({ id: new URL(`${id}-undo`), actor: own, object }));
}

function note(type, activity, more = {}) {
  received.push({ type, actor: activity.actorId?.href, object: activity.objectId?.href, ...more });
}

federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .on(Accept, async (_context, accept) => {
    const followed = asked.get(accept.objectId?.href);
    note("Accept", accept);
    if (followed === accept.actorId?.href) following.add(followed);
  })
  .on(Move, async (context, move) => {
    const from = move.actorId?.href;
    // Not by the context's loader: that keeps a document for five minutes, and the old actor has just changed.
    const look = (id) => context.lookupObject(id, { documentLoader: fresh });
    const [old, target] = await Promise.all([move.objectId, move.targetId].map(look));
    const whole =
      isActor(old) && isActor(target) && old.id.href === from && old.successorId?.href === target.id.href &&
      target.aliasIds.some((alias) => alias.href === from);
    note("Move", move, { target: move.targetId?.href, whole });
    if (!whole || !following.has(from)) return;
    await follow(context, target);
    await unfollow(context, old);
  })
  .on(Activity, async (_context, activity) => note(activity.constructor.name, activity));

async function control(path, context) {
  if (path.startsWith("/control/follow?")) {
    const target = await context.lookupObject(new URLSearchParams(path.split("?")[1]).get("actor"));
    if (!isActor(target)) return new Response("no actor", { status: 502 });
    await follow(context, target);
  }
  return Response.json({ received, refused, following: [...following] });
}

createServer(async (incoming, outgoing) => {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const request = new Request(origin + incoming.url, {
    method: incoming.method,
    headers: new Headers(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])),
    body: chunks.length ? Buffer.concat(chunks) : undefined,
  });
  const answer = incoming.url.startsWith("/control/")
    ? await control(incoming.url, federation.createContext(new URL(origin), undefined)).catch(
      (error) => new Response(String(error.stack), { status: 500 }),
    )
    : await federation.fetch(request, { contextData: undefined });
  if (incoming.method === "POST" && answer.status >= 400) refused.push(answer.status);
  outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
  outgoing.end(Buffer.from(await answer.arrayBuffer()));
}).listen(Number(process.env.PORT), process.env.HOST);
