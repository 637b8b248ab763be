// A reporter for node's test runner: a test that is skipped, or that may fail ("todo"), makes the run fail and is named. Prints nothing
// else, so it stands beside the reporter that people read. Knows nothing of what is tested.
export default async function* unskipped(source) {
  for await (const { type, data } of source) {
    const over = type === "test:pass" || type === "test:fail";
    if (over && [data.skip, data.todo].some((mark) => mark !== undefined && mark !== false)) {
      process.exitCode = 1;
      yield `not run as a test: ${data.name} (${data.file ?? "?"}:${data.line ?? "?"}); a test that is skipped has not passed\n`;
    }
  }
}
