from typing import Any

import pytest

from openenv.shapes.reference import referred

ROOT = {"$defs": {"Tree": {"type": "array"}, "a/b~c": {"type": "null"}}, "anyOf": [{}]}


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("#", ROOT),
        ("#/", ROOT),
        ("#/$defs/Tree", {"type": "array"}),
        ("#/$defs/a~1b~0c", {"type": "null"}),
        ("#/$defs/Gone", None),
        ("#/$defs/Tree/type/array", None),
        ("#/anyOf/0/0", None),
        ("/$defs/Tree", None),
        ("https://example.com/schema", None),
        ("file:///etc/passwd", None),
        (5, None),
    ],
)
def test_a_reference_leads_into_its_own_document_or_nowhere(reference: Any, found: Any) -> None:
    assert referred(reference, ROOT) == found
