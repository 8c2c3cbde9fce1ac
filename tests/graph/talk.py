"""Speaking with a socket without a network, as a server of ASGI has it."""

import asyncio
import json
from contextlib import asynccontextmanager


class Talk:
    """One conversation, from the client's side."""

    def __init__(self, app, headers, protocols, answers_http):
        self.heard = asyncio.Queue()
        self.said = asyncio.Queue()
        self.said.put_nowait({"type": "websocket.connect"})
        self.scope = {
            "type": "websocket",
            "path": "/graphql",
            "headers": [(name.encode(), value.encode()) for name, value in headers],
            "subprotocols": list(protocols),
            "extensions": {"websocket.http.response": {}} if answers_http else {},
        }
        self.task = asyncio.create_task(app(self.scope, self.said.get, self._take))

    async def _take(self, message):
        self.heard.put_nowait(message)
        if message["type"] == "websocket.close":
            self.said.put_nowait({"type": "websocket.disconnect", "code": message["code"]})

    async def raw(self):
        """What the server sends next, in ASGI's words."""
        return await asyncio.wait_for(self.heard.get(), 20)

    async def hear(self):
        """The next message; of a close its code and reason."""
        message = await self.raw()
        if message["type"] == "websocket.close":
            return message["code"], message["reason"]
        assert message["type"] == "websocket.send", message
        return json.loads(message["text"])

    def say(self, *messages):
        for message in messages:
            text = message if isinstance(message, str) else json.dumps(message)
            self.said.put_nowait({"type": "websocket.receive", "text": text})

    def subscribe(self, query, id_="1", **payload):
        self.say({"type": "subscribe", "id": id_, "payload": {"query": query, **payload}})

    async def ask(self, query, id_="1", **payload):
        """The payload of the one answer to an operation, once it is complete."""
        self.subscribe(query, id_, **payload)
        answer = await self.hear()
        assert answer["type"] == "next", answer
        assert await self.hear() == {"type": "complete", "id": id_}
        return answer["payload"]

    async def refused(self, query, id_="1", **payload):
        """The code of the one error of an operation."""
        self.subscribe(query, id_, **payload)
        answer = await self.hear()
        assert (answer["type"], answer["id"]) == ("error", id_), answer
        [error] = answer["payload"]
        return error["extensions"]["code"]


@asynccontextmanager
async def talking(
    app, *, headers=(), protocols=("graphql-transport-ws",), init=True, payload=None, answers_http=True
):
    """A conversation that has begun; without `init`, one that is yet to."""
    talk = Talk(app, headers, protocols, answers_http)
    try:
        if init:
            assert (await talk.raw())["type"] == "websocket.accept"
            talk.say({"type": "connection_init", **({} if payload is None else {"payload": payload})})
            assert await talk.hear() == {"type": "connection_ack"}
        yield talk
    finally:
        talk.said.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await asyncio.wait_for(talk.task, 20)
