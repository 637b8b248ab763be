// Says what came in, in the words of API Gateway: the event as a Lambda function gets it, and the body as it came.
export const handler = async (event, context) => {
  if (event.queryStringParameters.body === "only") {
    return {
      statusCode: 200,
      headers: { "content-type": event.headers["content-type"] ?? "application/octet-stream" },
      body: event.body,
      isBase64Encoded: event.isBase64Encoded,
    };
  }
  return { statusCode: 200, body: { event, context: { functionName: context.functionName, awsRequestId: context.awsRequestId } } };
};
