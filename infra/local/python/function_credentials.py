"""Gives each function its own credentials, as on AWS, where they are those of its role.

ministack 1.5.33 gives all functions of an account the same ones unless it checks every signature. Here the session token
names the function; it is sent with each call ("Signing AWS API requests", IAM User Guide), and nobody verifies it.
"""

from ministack.core import iam_evaluator, lambda_runtime
from ministack.services import lambda_svc


def install():
    credentials = lambda_runtime.execution_credentials

    def credentials_of(config):
        return {**credentials(config), "AWS_SESSION_TOKEN": config["FunctionName"]}

    validate = iam_evaluator._validate_session_token

    def validate_unless_ours(expected, supplied):
        # S3 checks the token of a presigned URL, and does not know this session.
        is_ours = isinstance(supplied, str) and supplied.startswith("carillon-")
        return None if is_ours else validate(expected, supplied)

    iam_evaluator._validate_session_token = validate_unless_ours
    lambda_runtime.execution_credentials = credentials_of
    lambda_svc.execution_credentials = credentials_of
