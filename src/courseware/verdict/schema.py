"""Writes schema.json: `python -m courseware.verdict.schema`."""

import json
from pathlib import Path

from courseware.verdict import Verdict

PATH = Path(__file__).with_name("schema.json")
DIALECT = "https://json-schema.org/draft/2020-12/schema"

if __name__ == "__main__":
    schema = {"$schema": DIALECT, **Verdict.model_json_schema(mode="serialization")}
    PATH.write_text(json.dumps(schema, indent=2) + "\n", encoding="utf-8")
