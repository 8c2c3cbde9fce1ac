"""Integer programs, solved by HiGHS: loaded only where something is planned."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import highspy
import numpy as np


@dataclass(frozen=True)
class Program:
    """What is to cost least, of variables from 0 on."""

    cost: Sequence[float]
    """Of each variable."""
    upper: Sequence[float]
    """The most that each may be."""
    is_whole: Sequence[bool]
    """Which of them are whole numbers."""
    rows: Sequence[tuple[float, float, list[tuple[int, float]]]]
    """The least and the most of a sum: of variables, each with its weight."""


@dataclass(frozen=True)
class Least:
    """The least that was found."""

    least: float
    gap: float
    """By which share it might be less; 0 where it is the least there is."""
    is_optimal: bool
    values: list[float]
    """Of each variable."""


def minimise(program: Program, begin: Sequence[float], seconds: float) -> Least | None:
    """The least that is found in so many seconds, beginning with those values; None where nothing is."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]  # it has no annotation
    for name, value in (
        ("output_flag", False),
        ("threads", 1),
        ("random_seed", 0),
        ("time_limit", max(seconds, 0.1)),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", 0.5),  # costs are whole
    ):
        solver.setOptionValue(name, value)
    solver.passModel(_model(program))
    start = highspy.HighsSolution()
    start.col_value = list(begin)
    solver.setSolution(start)
    solver.run()
    info = solver.getInfo()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    is_optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    gap = min(info.mip_gap, 1.0) if math.isfinite(info.mip_gap) else 1.0
    values = list(solver.getSolution().col_value)
    return Least(info.objective_function_value, 0.0 if is_optimal else gap, is_optimal, values)


def _model(program: Program) -> highspy.HighsLp:
    rows, size = program.rows, len(program.cost)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = size, len(rows)
    lp.col_cost_ = np.array(program.cost)
    lp.col_lower_, lp.col_upper_ = np.zeros(size), np.array(program.upper)
    lp.row_lower_ = np.array([low for low, _, _ in rows])
    lp.row_upper_ = np.array([high for _, high, _ in rows])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.cumsum([0, *(len(terms) for _, _, terms in rows)])
    lp.a_matrix_.index_ = np.array([v for _, _, terms in rows for v, _ in terms], dtype=np.int32)
    lp.a_matrix_.value_ = np.array([float(w) for _, _, terms in rows for _, w in terms])
    kinds = highspy.HighsVarType
    lp.integrality_ = [kinds.kInteger if whole else kinds.kContinuous for whole in program.is_whole]
    return lp
