"""What an action of the Query API is: its name, what it takes, who does the work.

`protocol` finds an Action by the parameter of that name; the Call is the same as for the JSON APIs.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

import msgspec

from pillarbox.proto.aws.query_form import FormCodec
from pillarbox.wire.http.operation import Handler

RequestT = TypeVar("RequestT", bound=msgspec.Struct)


@dataclass(frozen=True, kw_only=True)
class Action(Generic[RequestT]):
    """One action.

    `result`: the answer has an element for its members, even an empty one (facts §1.5). `metered`:
    counts for the rate of API calls; sending has limits of its own.
    """

    name: str
    request: type[RequestT]
    handler: Handler[RequestT]
    result: bool = True
    metered: bool = True
    resource: ClassVar[str] = "*"
    unsigned_locally: ClassVar[bool] = False
    codec: FormCodec[RequestT] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "codec", FormCodec(self.request))


#: One with whatever request, as lists of actions hold them.
AnyAction = Action[Any]
