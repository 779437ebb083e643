"""The mappings of the channels Sluice knows: data of the same kind as anybody may publish."""

import json
from functools import cache
from importlib.resources import files

from ingest.domain.mapping.compiled_mapping import CompiledMapping
from ingest.domain.mapping.compiling import compiled
from ingest.domain.mapping.document import read_document


@cache
def built_in(channel: str) -> CompiledMapping | None:
    """Return the mapping that comes with Sluice, or None for a channel it does not know."""
    file = files(__name__) / f"{channel}.json"
    if not channel.isidentifier() or not file.is_file():
        return None
    return compiled(read_document(json.loads(file.read_text("utf-8"))))
