// A picture: bytes go out as they are, or in base64 as Lambda has it.
import pixel from "./pixel.png";

export const handler = async (event) => ({
  statusCode: 200,
  headers: { "Content-Type": "image/png" },
  body: event.queryStringParameters.raw ? pixel : Buffer.from(pixel).toString("base64"),
  isBase64Encoded: !event.queryStringParameters.raw,
});
