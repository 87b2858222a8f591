"""Prints the template as CloudFormation processes it, as JSON: language extensions expanded, and the SAM transform applied by
AWS's own translator.

The tests of the template and its roles read this, so they need no knowledge of YAML or SAM. Intrinsic functions are left in
place; the tests resolve them.
"""

import json
import logging
import os
import sys
from types import SimpleNamespace

from expand import expand
from samtranslator.translator.transform import transform


def main(path):
    logging.getLogger("samtranslator.feature_toggle.feature_toggle").setLevel(logging.ERROR)
    os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    template = expand(path)
    # `sam package` replaces each function's folder with the address of its archive.
    for resource in template["Resources"].values():
        if "CodeUri" in resource.get("Properties", {}):
            resource["Properties"]["CodeUri"] = "s3://code/archive.zip"
    json.dump(transform(template, {}, SimpleNamespace(load=lambda: {})), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
