// A receiver of QStash that checks the token itself, with node's crypto, as a Lambda function has to that nobody stands in front of.
// Tokens are signed for the address alone: the URL that QStash was told to send to is `https://HOST`.
import { createHash, createHmac, timingSafeEqual } from "node:crypto";

import type { APIGatewayEvent, APIGatewayProxyResult } from "aws-lambda";

interface Claims {
  iss: string;
  sub: string;
  exp: number;
  nbf: number;
  body: string;
}

export const handler = async (event: APIGatewayEvent): Promise<APIGatewayProxyResult> => {
  const token = event.headers["upstash-signature"] ?? "";
  const url = `https://${event.requestContext.domainName}`;
  // While keys are rolled, messages come with either.
  const keys = [process.env.QSTASH_CURRENT_SIGNING_KEY, process.env.QSTASH_NEXT_SIGNING_KEY];
  try {
    await verify(token, keys[0], event, url).catch((error) => {
      console.warn(`not signed with the current key: ${error.message}`);
      return verify(token, keys[1], event, url);
    });
  } catch (error) {
    return { statusCode: 401, body: JSON.stringify({ error: (error as Error).message }) };
  }
  return { statusCode: 200, body: JSON.stringify({ message: "Request processed successfully" }) };
};

async function verify(token: string, key: string | undefined, event: APIGatewayEvent, url: string): Promise<void> {
  if (!key) {
    throw new Error("there is no key to check it with");
  }
  const parts = token.split(".");
  if (parts.length !== 3) {
    throw new Error("the token is no JWT");
  }
  const [header, payload, signature] = parts;
  if (!same(createHmac("sha256", key).update(`${header}.${payload}`).digest("base64url"), signature)) {
    throw new Error("the signature is wrong");
  }
  const claims: Claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  const now = Math.floor(Date.now() / 1000);
  if (claims.iss !== "Upstash" || claims.sub !== url) {
    throw new Error(`the token is of ${claims.iss} for ${claims.sub}, and not of Upstash for ${url}`);
  }
  // A claim that is missing is no number, and no comparison with it holds.
  if (!(claims.nbf <= now && now <= claims.exp)) {
    throw new Error("the token is not valid now");
  }
  const body = Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8");
  if (!same(createHash("sha256").update(body).digest("base64url"), String(claims.body).replace(/=+$/, ""))) {
    throw new Error("the token is of another body");
  }
}

/** In the same time, wherever they differ. */
function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
