"""Every environment variable fulfillment reads; the defaults suit local work."""

from common.settings import ServiceSettings


class Settings(ServiceSettings):
    """What every service reads is all there is."""
