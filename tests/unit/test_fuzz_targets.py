"""Each fuzz target holds for its seeds and for a few hundred mutations of them."""

from itertools import islice

import pytest

from fuzz.mutate import inputs
from fuzz.targets import TARGETS, Target


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_target_holds(target: Target) -> None:
    for data in islice(inputs(target.seeds, 1), 300):
        target.run(data)
