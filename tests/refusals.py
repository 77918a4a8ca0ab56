"""What a call that must be refused is refused for."""

import pytest

from retention.errors import SettingsRefused


def refused(call, *args, **kwargs) -> list[str]:
    with pytest.raises(SettingsRefused) as refusal:
        call(*args, **kwargs)
    return refusal.value.problems
