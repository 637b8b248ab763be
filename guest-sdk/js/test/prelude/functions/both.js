/** Both functions of the test in one component: the host compiles it once. */
import { handler as apis } from "./apis.js";
import { handler as hook } from "./hook.ts";

export const handler = (event, context) => (event.path.startsWith("/hook") ? hook : apis)(event, context);
