// A receiver of QStash. The host has checked the token, its times and the body's hash against either signing key; what is left is the
// work itself, and to say in which order messages came.
import { delivery } from "@vestibule/function";
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";

export const handler = async (event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> => {
  const verified = delivery();
  if (verified === null) {
    return { statusCode: 401, body: JSON.stringify({ message: "Missing signature" }) };
  }
  console.log(`message ${verified.id} signed with ${verified.secret}: ${event.body}`);
  return { statusCode: 200, body: JSON.stringify({ message: "Request processed successfully" }) };
};
