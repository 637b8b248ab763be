/**
 * The event of this request as the host gave it: the bytes that were verified, whatever the function does to its own
 * copy. The handler's entry puts it here; without it no delivery counts.
 */
import { currentContext } from "#host";

let kept = { context: null, event: null };

/**
 * Keeps the contract's event, once the call has begun (`begin`).
 * @param {{ headers: [string, string][], body: Uint8Array }} event
 */
export function received(event) {
  kept = { context: currentContext(), event };
}

/** The contract's event of the call that is going on, or null. */
export function receivedEvent() {
  const context = currentContext();
  return context !== null && kept.context === context ? kept.event : null;
}
