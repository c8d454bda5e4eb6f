"""The one table of tests/bench/run."""

import statistics


def number(value):
    if value == 0:
        return "0"
    for least, digits in ((100, 0), (10, 1), (1, 2), (0.1, 3)):
        if value >= least:
            return f"{value:.{digits}f}"
    return f"{value:.3g}" if value >= 1e-4 else f"{value:.1e}"


def spread(values):
    middle = number(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} ({number(min(values))}-{number(max(values))})"


class Table:
    """`goal`: (row of the goals, the most that the ratio may be, or without a peer the figure itself)."""

    HEAD = ("row", "work", "kpid (CPU s)", "unit", "beside", "it", "kpid / it", "must", "kpid, wall s")

    def __init__(self):
        self.rows = []

    @staticmethod
    def judged(goal, figure):
        """The number of the row, and whether its goal is reached."""
        if goal is None:
            return "", ""
        row, most = goal
        return str(row), f"{number(most)}: {'reached' if figure <= most else 'not reached'}"

    def add(self, work, own, peer, unit, goal=None):
        """`own`: (figures of rounds, key); `peer`: (name, figures, key); `unit`: (name, how many of them)."""
        mine = [figures[own[1]]["cpu"] for figures in own[0]]
        its = [figures[peer[2]]["cpu"] for figures in peer[1]]
        ratios = [a / b for a, b in zip(mine, its)]
        row, must = self.judged(goal, statistics.median(ratios))
        self.rows.append((row, work, spread(mine), f"{number(statistics.median(mine) / unit[1] * 1e6)} us a {unit[0]}",
                          peer[0], spread(its), spread(ratios), must,
                          spread([figures[own[1]]["wall"] for figures in own[0]])))

    def alone(self, work, own, unit, goal=None):
        """The same without a peer."""
        mine = [figures[own[1]]["cpu"] for figures in own[0]]
        row, must = self.judged(goal, statistics.median(mine))
        self.rows.append((row, work, spread(mine), f"{number(statistics.median(mine) / unit[1] * 1e6)} us a {unit[0]}",
                          "", "", "", must, spread([figures[own[1]]["wall"] for figures in own[0]])))

    def plain(self, work, mine, unit="", peer="", its="", goal=None):
        """One figure, or a text, of one run; `unit` says what it is. Beside a peer's figure their ratio is judged."""
        ratio = mine / its if "" not in (mine, its) and not isinstance(mine, str) else None
        figure = mine if ratio is None else ratio
        row, must = (str(goal[0]) if goal else "", "") if isinstance(figure, str) else self.judged(goal, figure)
        self.rows.append((row, work, mine if isinstance(mine, str) else number(mine), unit, peer,
                          its if isinstance(its, str) else number(its), "" if ratio is None else number(ratio), must, ""))

    def text(self):
        return "\n".join("| " + " | ".join(row) + " |" for row in (self.HEAD, ("---",) * len(self.HEAD), *self.rows))
