"""`POST /completions`: a file of what people have completed, as `completions.py` takes it, over HTTP.

Where a feed of people goes to `/hris/feeds`, this goes here, by the same conventions: `?dryRun=true`, and
`Idempotency-Key`, under which it is done once and answered alike. The answer has a result for each row.
"""

import hashlib
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from starlette.types import Scope

from cairn.access.permissions import Permission
from cairn.access.refusal import invalid
from cairn.access.viewer import Viewer
from cairn.graph.repeat import before, keep, known
from cairn.hris.completions import take_file
from cairn.hris.read import Form, UnreadableFile
from cairn.hris.receive import Answer, Body, Problem, Receiver, asked, encoding_of, is_dry, key_of, type_of
from cairn.pathways.report import ReportOutcome, may_report

MOST = 50_000
"""Rows of a request; of more the answer would be too long."""
MOST_BYTES = 50_000_000
"""Bytes of a request, as they come."""
HELD = 1_000_000
"""Bytes of it that are held in memory; the rest lies on disk until it is answered."""
PIECE = 1_000_000
_VERB = "completions"


class Completions(Receiver):
    """Answers requests to `/completions`."""

    permission = Permission.RECORD_PROGRESS

    async def answer(self, scope: Scope, body: Body) -> Answer:
        """What is answered. Raises `Problem` or a `Refusal`."""
        if scope["method"] != "POST":
            raise Problem(405, "Method not allowed", "Send POST.", ((b"allow", b"POST"),))
        viewer = await self.viewer(scope)
        may_report(viewer)
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        encoding = encoding_of(type_of(headers))
        dry_run, key = is_dry(asked(scope["query_string"], {"dryRun"})), key_of(headers)
        if key is not None and len(key) > 200:
            raise invalid("idempotencyKey", "must have from 1 to 200 characters")
        form = None if encoding is None else Form(encoding=encoding)
        with SpooledTemporaryFile(max_size=HELD) as file:
            async with self.reading():
                digest = await _received(body, file)
                if key is None or dry_run:
                    return 200, (), await self._taken(viewer, file, form, dry_run=dry_run)
                return 200, (), await self._once(viewer, file, form, key, digest)

    async def _once(self, viewer: Viewer, file: IO[bytes], form: Form | None, key: str, digest: str) -> Any:
        """What the same request came to before, or comes to now.

        Nothing is held meanwhile: of two at once both record what is recorded once, and the first one's
        answer counts.
        """
        async with self.database.transaction() as tx:
            result = await known(tx, viewer, key, _VERB, digest)
        if result is not None:
            return result
        taken = await self._taken(viewer, file, form, dry_run=False)
        async with self.database.transaction() as tx:
            result = await before(tx, viewer, key, _VERB, digest)
            if result is None:
                await keep(tx, viewer, key, taken)
        return result or taken

    async def _taken(
        self, viewer: Viewer, file: IO[bytes], form: Form | None, *, dry_run: bool
    ) -> dict[str, Any]:
        async def pieces() -> AsyncIterator[bytes]:
            file.seek(0)
            while piece := file.read(PIECE):
                yield piece

        results: list[dict[str, Any]] = []
        told = take_file(self.database, viewer, pieces, most=MOST, form=form, dry_run=dry_run)
        async with aclosing(told) as rows:
            async for each in rows:
                said = {} if each.message is None else {"message": each.message}
                results.append({"row": each.row, "outcome": each.outcome.value, **said})
        counts = Counter(each["outcome"] for each in results)
        return {
            "dryRun": dry_run,
            "rows": len(results),
            "counts": {each.value: count for each in ReportOutcome if (count := counts[each.value])},
            "results": results,
        }


async def _received(body: Body, file: IO[bytes]) -> str:
    """Writes what is sent into a file, and gives its hash. Raises `UnreadableFile`."""
    digest = hashlib.sha256()
    async for piece in body:
        if body.size > MOST_BYTES:
            raise UnreadableFile(f"the file has more than {MOST_BYTES:,} bytes; send it in parts")
        digest.update(piece)
        file.write(piece)
    return digest.hexdigest()
