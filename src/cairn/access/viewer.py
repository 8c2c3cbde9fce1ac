"""Who asks: established once, at the edge, and passed by value to everything below."""

from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from cairn.access.permissions import Permission, Role, permissions
from cairn.access.refusal import NotAllowed


@dataclass(frozen=True)
class Viewer:
    """Somebody who asks, or a program that asks on nobody's behalf (`employee` is then absent)."""

    employee: UUID | None = None
    roles: frozenset[Role] = frozenset()
    name: str = "anonymous"
    """For the audit: `employee:…`, `service:payroll-feed`, `system:worker`, `anonymous`."""
    scopes: frozenset[Permission] | None = None
    """What the credential allows at most; absent for a person, whose roles alone decide."""
    request_id: str = field(default="", compare=False)

    @cached_property
    def permissions(self) -> frozenset[Permission]:
        """What this viewer may do beyond their own record; also the viewer's *kind*, for cached plans."""
        granted = permissions(self.roles)
        return granted if self.scopes is None else granted & self.scopes

    def may(self, permission: Permission) -> bool:
        """Whether a role of this viewer allows it."""
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Raises `NotAllowed` where no role of this viewer allows it."""
        if not self.may(permission):
            raise NotAllowed(f"This takes the permission {permission.value}, which none of your roles has.")


def system(name: str) -> Viewer:
    """Cairn itself: the worker, the command line, the loader of the sample company."""
    return Viewer(roles=frozenset(Role), name=f"system:{name}")
