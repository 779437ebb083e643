"""What several resources take in."""

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
RuleSetId = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
CheckId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]


class ReasonIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Text
