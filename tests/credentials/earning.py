"""Defines credentials through the graph, for tests that need some, and tells who holds what."""

DEFINE = """
mutation ($input: DefineCredentialInput!) {
  defineCredential(input: $input) {
    __typename
    ... on Credential {
      id code kind
      published {
        number name description criteria
        workloadHours eqfLevel assessment participation qualityAssurance
        requirement awardedBy validity onLapse
        stacks { nodes { code } } grants { nodes { skill { name } level } }
      }
    }
    ... on Refusal { message }
    ... on InvalidInput { problems { path message } }
  }
}
"""
AWARD = """
mutation ($input: AwardCredentialInput!) {
  awardCredential(input: $input) {
    __typename
    ... on Award {
      id status cause until approvedBy { displayName } employee { displayName } version { number name }
    }
    ... on Refusal { message }
    ... on NotEarned { missing }
    ... on AlreadyAwarded { award { status } }
  }
}
"""
REVOKE = """
mutation ($input: RevokeAwardInput!) {
  revokeAward(input: $input) {
    __typename
    ... on Award { status until revokedReason }
    ... on Refusal { message }
    ... on InvalidInput { problems { path message } }
    ... on AlreadyRevoked { award { status } }
  }
}
"""
AWARDS = """
query ($id: ID!, $at: DateTime) {
  employee(id: $id, at: $at) {
    awards(orderBy: [{awardedAt: ASC}]) { nodes { id credential { code } status until cause } }
  }
}
"""
ASSESS = "mutation ($input: AssessSkillInput!) { assessSkill(input: $input) { ... on Evidence { id } } }"
WITHDRAW = "mutation ($input: WithdrawEvidenceInput!) { withdrawEvidence(input: $input) { __typename } }"


def credential(code, requirement, **more):
    text = {"name": code.capitalize(), "description": f"Knows {code}", "criteria": f"Learns {code}"}
    return {"code": code, "kind": "BADGE", "text": text, "requirement": requirement, **more}


async def define(ask, code, requirement, **more):
    """The id of a credential."""
    made = await ask.do(DEFINE, credential(code, requirement, **more))
    assert made["__typename"] == "Credential", made
    return made["id"]


async def awards(ask, who, at=None, **more):
    """The awards somebody has, in order: code and status."""
    found = await ask(AWARDS, {"id": who, "at": at and at.isoformat()}, **more)
    return [(each["credential"]["code"], each["status"]) for each in found["employee"]["awards"]["nodes"]]


async def award_of(ask, who, code, at=None):
    """An award of somebody, whole."""
    found = await ask(AWARDS, {"id": who, "at": at and at.isoformat()})
    [award] = [each for each in found["employee"]["awards"]["nodes"] if each["credential"]["code"] == code]
    return award


async def assess(ask, who, skill, level, **more):
    """The id of evidence that somebody has a skill."""
    said = await ask.do(ASSESS, {"employee": who, "skill": skill, "level": level, **more})
    return said["id"]


async def withdraw(ask, evidence):
    done = await ask.do(WITHDRAW, {"evidence": evidence, "reason": "A mistake"})
    assert done["__typename"] == "Evidence"
