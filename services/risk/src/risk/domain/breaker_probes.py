"""The probes of a half-open breaker: a few leases, and how many came back well."""


class Probe:
    """Leave to call a check that is closed to orders; give it back to the breaker that lent it."""

    __slots__ = ("era", "expires_at", "over")

    def __init__(self, era: int, expires_at: float) -> None:
        self.era = era
        self.expires_at = expires_at
        self.over = False


class Probes:
    """At most `limit` leases out and passed together; a lease that expires frees its place."""

    __slots__ = ("_lease_seconds", "_leases", "_limit", "passed")

    def __init__(self, *, limit: int, lease_seconds: float) -> None:
        self._limit = limit
        self._lease_seconds = lease_seconds
        self._leases: list[Probe] = []
        self.passed = 0

    def clear(self) -> None:
        self._leases = []
        self.passed = 0

    def out(self, now: float) -> int:
        self._leases = [p for p in self._leases if not p.over and p.expires_at > now]
        return len(self._leases)

    def lease(self, now: float, era: int) -> Probe | None:
        if self.out(now) + self.passed >= self._limit:
            return None
        probe = Probe(era, now + self._lease_seconds)
        self._leases.append(probe)
        return probe

    def all_passed_with(self, probe: Probe, now: float) -> bool:
        """Count a probe that went well: unless its place has gone to another meanwhile."""
        if probe.expires_at > now:
            self.passed += 1
        return self.passed >= self._limit
