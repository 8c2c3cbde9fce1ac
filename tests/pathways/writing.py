"""Writes pathways through the graph, for tests that need some."""

from dataclasses import dataclass

CREATE = """
mutation ($input: CreatePathwayInput!) {
  createPathway(input: $input) {
    __typename
    ... on Pathway {
      id code title
      versions { nodes { id number status completion minutes steps { nodes { id key } } } }
    }
    ... on Refusal { message }
    ... on InvalidInput { problems { path message } }
    ... on CodeTaken { pathway { code } }
  }
}
"""
DRAFT = """
mutation ($input: DraftPathwayVersionInput!) {
  draftPathwayVersion(input: $input) {
    __typename
    ... on PathwayVersion { id number status steps { nodes { id key } } }
    ... on Refusal { message }
    ... on InvalidInput { problems { path message } }
  }
}
"""
PUBLISH = """
mutation ($input: PublishPathwayInput!) {
  publishPathway(input: $input) {
    __typename
    ... on PathwayVersion { status number }
    ... on Refusal { message }
    ... on InvalidInput { problems { path message } }
    ... on AlreadyPublished { version { number } }
  }
}
"""
ASSIGN = """
mutation ($input: AssignPathwayInput!) {
  assignPathway(input: $input) {
    __typename
    ... on AssignPathwayPayload {
      results {
        employee { displayName } outcome
        assignment { id status cause reason priority startsOn dueOn assignedBy { displayName } }
      }
    }
    ... on Refusal { message }
    ... on InvalidInput { problems { path message } }
  }
}
"""
COMPLETE = """
mutation ($input: CompleteStepInput!) {
  completeStep(input: $input) {
    __typename
    ... on Progress { kind score note step { key } employee { displayName } recordedBy { displayName } until }
    ... on Refusal { message }
    ... on InvalidInput { problems { path message } }
    ... on RequirementNotMet { missing }
    ... on AlreadyDone { step { key } }
  }
}
"""
START = COMPLETE.replace("CompleteStep", "StartStep").replace("completeStep", "startStep")


@dataclass
class Written:
    """A pathway as it was written: the ids of it, of its version, and of its steps by key."""

    id: str
    version: str
    steps: dict[str, str]


def step(key, kind="COURSE", **more):
    return {"key": key, "title": key.capitalize(), "kind": kind, **more}


async def write(ask, code, steps, *, publish=True, **more):
    """A pathway with one version, which is published where nothing else is asked."""
    given = {"code": code, "title": code.capitalize(), "steps": steps, **more}
    made = await ask.do(CREATE, given)
    assert made["__typename"] == "Pathway", made
    [version] = made["versions"]["nodes"]
    if publish:
        done = await ask.do(PUBLISH, {"version": version["id"]})
        assert done["__typename"] == "PathwayVersion", done
    return _written(made["id"], version)


async def write_version(ask, pathway, steps, *, publish=True, **more):
    """A further version of a pathway."""
    version = await ask.do(DRAFT, {"pathway": pathway.id, "steps": steps, **more})
    assert version["__typename"] == "PathwayVersion", version
    if publish:
        await ask.do(PUBLISH, {"version": version["id"]})
    return _written(pathway.id, version)


def _written(id_, version):
    return Written(id_, version["id"], {each["key"]: each["id"] for each in version["steps"]["nodes"]})


async def assign(ask, pathway, *people, viewer=None, **more):
    """The id of the assignment of each."""
    given = {"pathway": pathway.id, "employees": list(people), **more}
    done = await ask.do(ASSIGN, given, **({"viewer": viewer} if viewer else {}))
    return [each["assignment"] and each["assignment"]["id"] for each in done["results"]]


async def complete(ask, pathway, key, who, **more):
    """Completes a step for somebody, as whoever may."""
    done = await ask.do(COMPLETE, {"step": pathway.steps[key], "employee": who, **more})
    assert done["__typename"] == "Progress", done
