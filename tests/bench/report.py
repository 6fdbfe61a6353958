"""What the samples of a scenario come to, for a terminal and as Markdown.

`rounds` is a list of dictionaries: the sample of each server by its name.
"""

import statistics

from scenarios import METRICS

SUBJECT = "tinyserve"
PEERS = ("null", "nginx", "lighttpd", "h2o")


def values(rounds, server, metric):
    return [samples[server][metric] for samples in rounds if server in samples]


def ratios(rounds, server, peer, metric):
    """Within each round: whatever slows the machine down slows down neighbours in time alike."""
    return [samples[server][metric] / samples[peer][metric] for samples in rounds
            if server in samples and peer in samples]


def median(rounds, server, metric):
    """As text."""
    return METRICS[metric][1].format(statistics.median(values(rounds, server, metric)))


def spread(found):
    """Median, least and most; nothing when there was nothing."""
    if not found:
        return ""
    return f"{statistics.median(found):.2f} ({min(found):.2f}–{max(found):.2f})"


def judge(figure, rounds):
    """A sentence about a figure; nothing when its servers were not measured."""
    if figure.peer:
        found = ratios(rounds, SUBJECT, figure.peer, figure.metric)
    else:
        found = values(rounds, SUBJECT, figure.metric)
    if not found:
        return ""
    value = statistics.median(found)
    title, form = METRICS[figure.metric]
    wanted = "at least" if figure.is_least else "at most"
    if figure.peer:
        said = f"{title} {value:.2f} × {figure.peer}, {wanted} {figure.limit:g}"
    else:
        said = f"{title} {form.format(value)}, {wanted} {form.format(figure.limit)}"
    missed_by = (value / figure.limit - 1) * (-1 if figure.is_least else 1)
    return said + (": reached" if missed_by <= 0 else f": **missed by {missed_by * 100:.0f} %**")


def verdicts(scenario, rounds):
    return [said for said in (judge(figure, rounds) for figure in scenario.figures) if said]


def noise(scenario, rounds):
    """The null server against itself."""
    return spread(ratios(rounds, "null-again", "null", scenario.compared))


def aligned(rows):
    """Lines with columns as wide as they need to be; the first one is text, the others numbers."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:])]
        yield "  ".join([first.ljust(widths[0]), *cells]).rstrip()


def text(scenario, rounds):
    """All servers of a scenario, for a terminal."""
    compared = METRICS[scenario.compared][0]
    names = [name for name in scenario.servers if any(name in samples for samples in rounds)]
    if not names:
        return f"{scenario.name}: nothing was measured"
    peers = [peer for peer in ("null", "nginx") if peer in names]
    rows = [["", *(METRICS[metric][0] for metric in scenario.columns),
             *(f"{compared} / {peer}" for peer in peers)]]
    for name in names:
        rows.append([name, *(median(rounds, name, metric) for metric in scenario.columns),
                     *("" if name == peer else
                       spread(ratios(rounds, name, peer, scenario.compared)) for peer in peers)])
    lines = [f"{scenario.name}: {scenario.about}", *aligned(rows)]
    lines += [f"  {said.replace('**', '')}" for said in verdicts(scenario, rounds)]
    return "\n".join(lines)


def summary(scenario, rounds):
    """The medians of tinyserve in one cell; nothing when it was not measured."""
    if not any(SUBJECT in samples for samples in rounds):
        return ""
    return ", ".join(f"{METRICS[metric][0]} {median(rounds, SUBJECT, metric)}"
                     for metric in scenario.columns)


def table(results):
    """Markdown with a row for each of `results`, which are (scenario, rounds)."""
    heads = ["scenario", SUBJECT, *(f"÷ {peer}" for peer in PEERS), "null ÷ null", "figures"]
    rows = [heads, ["---"] * len(heads)]
    for scenario, rounds in results:
        rows.append([scenario.name, summary(scenario, rounds),
                     *(spread(ratios(rounds, SUBJECT, peer, scenario.compared)) for peer in PEERS),
                     noise(scenario, rounds), "; ".join(verdicts(scenario, rounds))])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
