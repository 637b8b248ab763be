"""Divides two whole numbers: `/divide?dividend=20&divisor=5`."""

from vestibule import Context, Event, Response


def handle(event: Event, context: Context) -> Response:
    dividend, divisor = event.query.get("dividend"), event.query.get("divisor")
    if dividend is None or divisor is None:
        return message(400, "Please specify both a dividend and a divisor.")
    try:
        numbers = int(dividend), int(divisor)
    except ValueError:
        return message(400, "The dividend and the divisor have to be whole numbers.")
    if numbers[1] == 0:
        return message(500, f"Could not divide {numbers[0]} by {numbers[1]}.")
    whole, rest = divmod(*numbers)
    quotient = whole if rest == 0 else numbers[0] / numbers[1]
    return Response.json({"message": f"{numbers[0]} / {numbers[1]} = {quotient}", "quotient": quotient})


def message(status: int, text: str) -> Response:
    return Response.json({"message": text}).with_status(status)
