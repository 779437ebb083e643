"""What a channel without code of its own sends us, and how it proves it: the setting CHANNELS."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from ingest.channels.channel import Answer
from ingest.channels.configured import Challenge, Configured, Source
from ingest.channels.proofs import (
    Algorithm,
    Basic,
    Encoding,
    Hmac,
    Proof,
    Stripe,
    Token,
    template,
)
from ingest.channels.registry import CHANNELS
from ingest.domain.mapping.paths import Each, Step, parse_path

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
RESERVED = ("other",)
"""What measurements call every channel that they do not know."""
_NAMED_TYPES = ("union_tag_invalid", "union_tag_not_found")
_SCHEMES = "must be one of hmac, stripe, token, basic"

HeaderName = Annotated[
    str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$"), AfterValidator(str.lower)
]
Parameter = Annotated[str, Field(min_length=1, max_length=100)]
Prefix = Annotated[str, Field(max_length=50)]
Tolerance = Annotated[float, Field(ge=1, le=86_400)]


def _path(text: str) -> str:
    found = parse_path(text)
    if found.anchor or any(isinstance(step, Each) for step in found.steps):
        raise ValueError("must be names and places alone, such as a.b[0]")
    return text


JsonPath = Annotated[str, Field(max_length=200), AfterValidator(_path)]


def _steps(text: str) -> tuple[Step, ...]:
    return parse_path(text).steps


class Part(BaseModel):
    # An error names the field and never shows what was given for it.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class TimestampPart(Part):
    header: HeaderName
    tolerance_seconds: Tolerance = 300.0


class HmacPart(Part):
    scheme: Literal["hmac"]
    header: HeaderName
    prefix: Prefix = ""
    algorithm: Algorithm = "sha256"
    encoding: Encoding = "hex"
    signed: Annotated[str, Field(max_length=200)] = "{body}"
    timestamp: TimestampPart | None = None

    @model_validator(mode="after")
    def _agree(self) -> "HmacPart":
        times = template(self.signed)[1::2].count("timestamp")
        if bool(times) != (self.timestamp is not None):
            raise ValueError("{timestamp} in signed and the field timestamp need each other")
        return self

    def proof(self) -> Proof:
        return Hmac(
            header=self.header,
            prefix=self.prefix,
            algorithm=self.algorithm,
            encoding=self.encoding,
            signed=template(self.signed),
            timestamp=self.timestamp.header if self.timestamp else None,
            tolerance=self.timestamp.tolerance_seconds if self.timestamp else 0.0,
        )


class StripePart(Part):
    scheme: Literal["stripe"]
    header: HeaderName = "stripe-signature"
    tolerance_seconds: Tolerance = 300.0

    def proof(self) -> Proof:
        return Stripe(header=self.header, tolerance=self.tolerance_seconds)


class TokenPart(Part):
    scheme: Literal["token"]
    header: HeaderName | None = None
    prefix: Prefix = ""
    query: Parameter | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> "TokenPart":
        if (self.header is None) == (self.query is None):
            raise ValueError("either header or query is needed")
        if self.prefix and self.header is None:
            raise ValueError("prefix belongs to a header")
        return self

    def proof(self) -> Proof:
        return Token(header=self.header, prefix=self.prefix, query=self.query)


class BasicPart(Part):
    scheme: Literal["basic"]

    def proof(self) -> Proof:
        return Basic()


class SourcePart(Part):
    header: HeaderName | None = None
    path: JsonPath | None = None
    value: Annotated[str, Field(min_length=1, max_length=200)] | None = None

    @model_validator(mode="after")
    def _one(self) -> "SourcePart":
        if [self.header, self.path, self.value].count(None) != 2:  # noqa: PLR2004 - of three
            raise ValueError("exactly one of header, path and value is needed")
        return self

    def source(self) -> Source:
        path = _steps(self.path) if self.path else None
        return Source(header=self.header, path=path, value=self.value)


class DeliveryPart(SourcePart):
    @model_validator(mode="after")
    def _not_always_the_same(self) -> "DeliveryPart":
        if self.value is not None:
            raise ValueError("a value for all would make every message a repeat of the first")
        return self


class AnswerPart(Part):
    status: Annotated[int, Field(ge=200, le=299)] = 200
    body: Annotated[str, Field(max_length=2_000)] = ""
    media_type: Annotated[str, Field(pattern=r"^[\w.+-]+/[\w.+-]+$", max_length=100)] = "text/plain"

    def answer(self) -> Answer:
        return Answer(self.body.encode(), self.status, self.media_type)


class ChallengePart(Part):
    query: Parameter | None = None
    path: JsonPath | None = None
    token: Parameter | None = None
    """The parameter of the address that has to have the shop's secret."""
    signed: bool = True
    """Else, without a token: whoever asks is answered."""
    reply: Literal["text", "json"] = "text"

    @model_validator(mode="after")
    def _one_of_two(self) -> "ChallengePart":
        if (self.query is None) == (self.path is None):
            raise ValueError("either query or path is needed")
        return self

    def challenge(self, proof: Proof) -> Challenge:
        steps = _steps(self.path) if self.path else ()
        asked: Proof | None = proof if self.signed else None
        return Challenge(
            name=self.query or str(steps[-1]),
            query=self.query is not None,
            path=steps,
            proof=Token(query=self.token) if self.token else asked,
            as_json=self.reply == "json",
        )


class PushSettings(Part):
    signature: Annotated[
        HmacPart | StripePart | TokenPart | BasicPart, Field(discriminator="scheme")
    ]
    topic: SourcePart | None = None
    delivery_id: DeliveryPart | None = None
    payload: JsonPath | None = None
    answer: AnswerPart | None = None
    challenge: ChallengePart | None = None

    def channel(self, name: str) -> Configured:
        proof = self.signature.proof()
        return Configured(
            name=name,
            proof=proof,
            topic=self.topic.source() if self.topic else Source(value="order"),
            delivery_id=self.delivery_id.source() if self.delivery_id else None,
            payload=_steps(self.payload) if self.payload else None,
            taken=self.answer.answer() if self.answer else None,
            challenge=self.challenge.challenge(proof) if self.challenge else None,
        )


def push_settings(given: Any) -> dict[str, PushSettings]:
    """Read what is configured by channel.

    Raises:
        ValueError: something is wrong with it; the message names the place, and no value.
    """
    if not isinstance(given, Mapping):
        raise ValueError("must be an object by channel")  # noqa: TRY004 - pydantic's way
    return {str(name): _one(str(name), fields) for name, fields in given.items()}


def _one(name: str, fields: Any) -> PushSettings:
    if NAME.fullmatch(name) is None or name in RESERVED:
        raise ValueError(f'"{name[:60]}" is no name: small letters, digits and _, and not "other"')
    if name in CHANNELS:
        raise ValueError(f"{name}: comes with Sluice and cannot be configured anew")
    try:
        return PushSettings.model_validate(fields)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'it'}: "
            f"{_SCHEMES if one['type'] in _NAMED_TYPES else one['msg']}"
            for one in error.errors()
        )
        raise ValueError(f"{name}: {wrong}") from None
