"""Outcomes are machinery: nobody reads them through the graph."""

from cairn.access.rules import nobody, rule
from cairn.graph import tables

rule(tables.Outcome)(nobody)
