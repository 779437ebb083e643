"""What can go wrong with an event, by whose move it is."""


class Transient(Exception):  # noqa: N818 - names the kind of failure, as Permanent does
    """It may work later: the event takes the retry ladder."""


class Permanent(Exception):  # noqa: N818 - see Transient
    """It can never work: the event is parked with this message as the reason."""


class Unavailable(Exception):  # noqa: N818 - see Transient
    """A database or broker is away; nobody's fault, and everything waits until it is back."""


class Collided(Transient):
    """Somebody else did the same at the same moment; the same again finds what they did."""
