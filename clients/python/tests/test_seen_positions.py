"""The cases that the TypeScript package passes, too. python -m unittest discover -s tests"""

import json
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))

from playhead_reader import SeenPositions  # noqa: E402

CASES = json.loads((HERE.parent.parent / "seen-positions.json").read_text())


class SeenPositionsTest(unittest.TestCase):
    def test_cases(self):
        for case in CASES["cases"]:
            with self.subTest(case["name"]):
                seen = SeenPositions(case["before"])
                self.assertEqual([seen.admit(*record) for record in case["records"]], case["admitted"])
                self.assertEqual(seen.entries(), case["after"])
                # What was stored and loaded again goes on as if it had never been away.
                again = SeenPositions(json.loads(json.dumps(seen.entries())))
                self.assertFalse(any(again.admit(*record) for record in case["records"]))

    def test_refuses_ids_that_are_no_positions(self):
        for id in CASES["refused"]:
            with self.subTest(id), self.assertRaises(ValueError):
                SeenPositions().admit("feature.vectors.fraud", id)


if __name__ == "__main__":
    unittest.main()
