/**
 * Words that the component says to the build tool, which runs elsewhere and reads them out of an error's text.
 */

/** Before what a module asked for, while it was loaded in the snapshot, that only a request has. */
export const AT_BUILD = "vestibule-at-build:";
