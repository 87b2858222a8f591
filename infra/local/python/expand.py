"""Prints the template with its language extensions expanded (`Fn::ForEach` above all), as JSON.

CloudFormation and the SAM CLI expand them (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/transform-aws-languageextensions.html);
the local AWS does not. cfn-lint does the expansion.
"""

import json
import sys

from cfnlint.decode import cfn_yaml
from cfnlint.template import Template
from cfnlint.template.transforms._language_extensions import language_extension


def expand(path):
    template = Template(path, cfn_yaml.load(path), ["us-east-1"])
    problems, expanded = language_extension(template)
    if problems:
        sys.exit("\n".join(f"{path}:{problem.linenumber}: {problem.message}" for problem in problems))
    expanded = json.loads(json.dumps(expanded, default=str))
    expanded["Transform"] = "AWS::Serverless-2016-10-31"
    return expanded


if __name__ == "__main__":
    json.dump(expand(sys.argv[1]), sys.stdout)
