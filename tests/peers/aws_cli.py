"""The AWS CLI, many commands in one process: `python aws_cli.py SERVICE ENDPOINT`.

Calls come as JSON on stdin ([[operation, arguments], ...]; arguments are the members of a request,
or a list of options as a person types them), what the commands printed goes out as JSON: [[error
code or null, answer], ...].
"""

import contextlib
import io
import json
import re
import sys

from awscli.clidriver import create_clidriver
from botocore import xform_name

_CODE = re.compile(r"An error occurred \((\w+)\)")


def main(service: str, endpoint: str) -> None:
    """Run the commands, one after the other."""
    driver = create_clidriver()
    answers = []
    for operation, arguments in json.load(sys.stdin):
        command = ["--endpoint-url", endpoint, "--output", "json", "--no-paginate", service]
        typed = isinstance(arguments, list)
        options = arguments if typed else ["--cli-input-json", json.dumps(arguments)]
        command += [xform_name(operation, "-"), *options]
        printed, complained = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(complained):
            code = driver.main(command)
        if code == 0:
            answers.append([None, json.loads(printed.getvalue() or "{}")])
        else:
            found = _CODE.search(complained.getvalue())
            answers.append([found[1] if found else complained.getvalue(), {}])
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
