// Headers of every answer of the API, in one place.
export const headers = { "content-type": "application/json", "cache-control": "no-store" };

export const json = (statusCode, value) => ({ statusCode, headers, body: JSON.stringify(value) });
