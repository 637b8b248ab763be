/**
 * Puts our promises in the place of the engine's, before any other module is evaluated: this module is imported first.
 */
import { installPromises } from "./promise.js";

installPromises();
