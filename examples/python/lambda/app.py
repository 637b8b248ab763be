"""A function as it is written for AWS Lambda behind API Gateway; it runs here unchanged. Greets whom the query names."""

import json
import logging
import os

logger = logging.getLogger()
logger.setLevel(logging.INFO)


def lambda_handler(event, context):
    name = (event["queryStringParameters"] or {}).get("name")
    if not name:
        return {"statusCode": 400, "body": json.dumps({"message": "Please say who you are: ?name=…"})}
    logger.info("greeting %s, %d ms left", name, context.get_remaining_time_in_millis())
    greeting = os.environ.get("GREETING", "Hello")
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "multiValueHeaders": {"Set-Cookie": [f"seen={event['httpMethod']}", "theme=dark"]},
        "body": json.dumps({"message": f"{greeting}, {name}!", "requestId": context.aws_request_id}),
    }
