"""Who may see what feeds did: whoever may read people's records."""

from cairn.access.permissions import Permission
from cairn.access.rules import holders, nobody, rule
from cairn.hris import tables

rule(tables.SyncRun, tables.SyncChange, tables.SyncProblem, tables.FeedMap)(holders(Permission.READ_PEOPLE))
rule(tables.StagedPerson, tables.SyncedPerson)(nobody)
