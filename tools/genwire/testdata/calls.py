"""Makes the calls read as JSON from standard input, and prints what botocore
makes of each answer. Arguments: the endpoint."""
import datetime
import json
import sys

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError


def plain(value):
    if isinstance(value, datetime.datetime):
        value = value.astimezone(datetime.timezone.utc).isoformat(timespec="milliseconds")
        return value.replace("+00:00", "Z")
    raise TypeError(type(value))


session = botocore.session.Session()
clients = {}
answers = []
for call in json.load(sys.stdin):
    service = call["service"]
    if service not in clients:
        clients[service] = session.create_client(
            service, endpoint_url=sys.argv[1], region_name="eu-west-1",
            aws_access_key_id="A", aws_secret_access_key="B",
            config=Config(parameter_validation=False, retries={"max_attempts": 0}, proxies={}))
    try:
        answer = clients[service]._make_api_call(call["operation"], call["params"])
    except ClientError as error:
        answer = error.response
    answer.pop("ResponseMetadata", None)
    answers.append(answer)
json.dump(answers, sys.stdout, default=plain)
