// Divides two numbers of the query: /divide?dividend=20&divisor=5
import type { APIGatewayEvent } from "aws-lambda";

export const handler = async (event: APIGatewayEvent) => {
  let message = "";
  let statusCode = 200;

  try {
    const { dividend, divisor } = event.queryStringParameters!;

    if (dividend === undefined || divisor === undefined) {
      statusCode = 400;
      message = "Please specify both a dividend and a divisor.";
      throw Error(message);
    }

    if (![dividend, divisor].every((number) => /^[+-]?\d+$/.test(number))) {
      statusCode = 400;
      message = "The dividend and the divisor have to be whole numbers.";
      throw Error(message);
    }

    const quotient = parseInt(dividend) / parseInt(divisor);
    message = `${dividend} / ${divisor} = ${quotient}`;

    if (!isFinite(quotient)) {
      statusCode = 500;
      message = `Could not divide ${dividend} by ${divisor}.`;
      throw Error(message);
    }

    return { statusCode, headers: { "Content-Type": "application/json" }, body: { message, quotient } };
  } catch (error) {
    return {
      statusCode,
      headers: { "Content-Type": "application/json" },
      body: { message: message || (error as Error).message },
    };
  }
};
