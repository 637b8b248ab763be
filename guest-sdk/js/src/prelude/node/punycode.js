/** `node:punycode`, by the package `punycode`, which node took it from. */
import punycode from "punycode/punycode.js";

export const { decode, encode, toASCII, toUnicode, ucs2, version } = punycode;
export default punycode;
