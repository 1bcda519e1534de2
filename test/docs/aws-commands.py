"""Writes aws-commands.json: for every command of the AWS CLI that the documents name, its options, those that it needs with a star.

    pip install botocore && python3 test/docs/aws-commands.py

From botocore's service models, which the AWS CLI makes its commands of. What the CLI has beside the models is CUSTOM, from the AWS CLI
Command Reference, version 2. To be run again whenever a document uses a command that the test does not know.
"""
import json
import pathlib
import re

import botocore
import botocore.session
from botocore import xform_name

ROOT = pathlib.Path(__file__).parent.parent.parent
CUSTOM = {
    "cloudtrail validate-logs": "*trail-arn *start-time end-time s3-bucket s3-prefix account-id verbose",
    "logs tail": "since follow format filter-pattern log-stream-names log-stream-name-prefix",
    "s3 cp": "recursive exclude include dryrun quiet sse acl",
    "s3 ls": "recursive summarize human-readable page-size",
    "s3 rb": "force",
    "s3 rm": "recursive exclude include dryrun quiet",
}
# The CLI calls these otherwise than the service does (aws-cli, customizations/argrename.py).
RENAMED = {"sns subscribe": {"endpoint": "notification-endpoint"}}


def option(name):
    return xform_name(name, "-")


def described(session, service, operation):
    service = {"s3api": "s3"}.get(service, service)
    model = session.get_service_model(service)
    for name in model.operation_names:
        if option(name) != operation:
            continue
        shape = model.operation_model(name).input_shape
        if shape is None:
            return ""
        options = []
        for member, of in shape.members.items():
            called = RENAMED.get(f"{service} {operation}", {}).get(option(member), option(member))
            options.append(("*" if member in shape.required_members else "") + called)
            if of.type_name == "boolean":
                options.append(f"no-{option(member)}")
        return " ".join(sorted(options))
    raise SystemExit(f"aws {service} has no {operation}")


def main():
    session = botocore.session.get_session()
    names = set()
    for file in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        text = re.sub(r"\\\n\s*", " ", file.read_text())
        names.update(re.findall(r"\baws ([a-z0-9-]+ (?:wait )?[a-z0-9-]+)", text))
    commands = {}
    for name in sorted(names):
        service, operation = name.split(" ", 1)
        if service not in [*session.get_available_services(), "s3api"] and name not in CUSTOM:
            continue
        if operation.startswith("wait "):
            waiters = session.get_waiter_model(service)
            [waiter] = [each for each in waiters.waiter_names if option(each) == operation[5:]]
            commands[name] = described(session, service, option(waiters.get_waiter(waiter).operation))
        else:
            commands[name] = CUSTOM.get(name) or described(session, service, operation)
    source = f"botocore {botocore.__version__}; {', '.join(sorted(set(CUSTOM) & set(commands)))}: AWS CLI Command Reference 2"
    text = json.dumps({"source": source, "commands": commands}, indent=2)
    (pathlib.Path(__file__).parent / "aws-commands.json").write_text(text + "\n")


main()
