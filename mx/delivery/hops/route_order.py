"""In which order routes and mail exchangers are tried. Pure: chance is given.

Comes in: the routes of a domain, or the MX records of one. Goes out: the order for one transfer.

Standards: RFC 5321 section 5.1 (exchangers of one preference in a random order; a host that finds itself among them
leaves out those that are no better); RFC 7505 (the null MX).
Failure: none.
"""

from collections.abc import Callable, Iterable, Sequence

from tenants.domains.routes import Route

NULL_MX = ((0, ""),)


def in_order(routes: Iterable[Route], chance: Callable[[], float]) -> list[Route]:
    """By priority; those of the same one in a random order, in which each stands first by its share of the weight.

    `chance` gives a number from 0 up to but not including 1 (`random.random`).
    """
    # A draw to the power of 1/weight is the largest one with a probability that is the weight's share of the sum.
    groups: dict[int, list[Route]] = {}
    for route in routes:
        groups.setdefault(route.priority, []).append(route)
    result: list[Route] = []
    for _, group in sorted(groups.items()):
        if len(group) == 1:
            result += group
            continue
        draws = {route: (1.0 - chance()) ** (1.0 / route.terms.weight) for route in group}
        result.extend(sorted(group, key=lambda route: -draws[route]))
    return result


def exchangers_in_order(
    records: Sequence[tuple[int, str]], is_own: Callable[[str], bool], chance: Callable[[], float]
) -> list[str]:
    """The hosts to try, without ourselves and without those that are no better than ourselves."""
    ours = min((preference for preference, host in records if is_own(host)), default=None)
    better = [record for record in records if ours is None or record[0] < ours]
    return [host for _, _, host in sorted((preference, chance(), host) for preference, host in better if host)]
