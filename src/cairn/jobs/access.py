"""Events and what was done about them are machinery: nobody reads them through the graph."""

from cairn.access.rules import nobody, rule
from cairn.jobs import tables

rule(tables.Event, tables.Handled)(nobody)
