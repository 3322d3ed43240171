"""Matrix products."""

from __future__ import annotations

from op_cases.case import Case

CASES = [
    *(
        Case("matmul", shapes)
        for shapes in (
            ((4, 3), (3, 2)),
            ((3,), (3,)),
            ((3,), (3, 2)),
            ((4, 3), (3,)),
            ((5, 4, 3), (3, 2)),
            ((4, 3), (5, 3, 2)),
            ((3,), (5, 3, 2)),
            ((5, 4, 3), (3,)),
            ((2, 1, 4, 3), (5, 3, 2)),
            ((0, 3), (3, 2)),
            ((2, 0), (0, 3)),
        )
    ),
]
