"""python -m simulator: serves until it is told to stop."""

from aiohttp import web

from simulator.server import application
from simulator.settings import Settings


def main() -> None:
    settings = Settings.read()
    web.run_app(
        application(settings), host=settings.host, port=settings.port, access_log=None, print=None
    )


if __name__ == "__main__":
    main()
