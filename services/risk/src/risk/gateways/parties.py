"""All outside parties of one installation: who answers which kind of check."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from risk.domain.ruleset import Source
from risk.gateways.answering import Answering, Question, Unreachable
from risk.gateways.http_endpoint import Endpoint, HttpEndpoints
from risk.gateways.plugin_process import PluginProcesses
from risk.settings import Settings


@dataclass(frozen=True, slots=True)
class Parties:
    by_kind: Mapping[str, Answering]

    @classmethod
    def of(cls, settings: Settings) -> Self:
        endpoints = {
            name: Endpoint(str(each.url), each.token.get_secret_value() if each.token else None)
            for name, each in settings.check_endpoints.items()
        }
        plugins = PluginProcesses(settings.plugin_processes)
        return cls({"http": HttpEndpoints(endpoints), "plugin": plugins})

    async def ask(self, source: Source, question: Question) -> Mapping[str, object]:
        party = self.by_kind.get(source.kind)
        if party is None:
            raise Unreachable("kind_unknown")
        return await party.ask(source, question)

    def prepare(self) -> None:
        for party in self.by_kind.values():
            party.prepare()

    async def close(self) -> None:
        for party in self.by_kind.values():
            await party.close()
