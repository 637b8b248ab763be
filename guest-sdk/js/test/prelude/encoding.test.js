/** `TextEncoder`, `TextDecoder`, `Buffer` and `StringDecoder` against node's own. */
import assert from "node:assert/strict";
import nodeBuffer from "node:buffer";
import * as nodeDecoder from "node:string_decoder";
import { test } from "node:test";

import fc from "fast-check";

import { bundled } from "./bundled.js";

const { Buffer, isAscii, isUtf8 } = await bundled("node/buffer.js");
const { StringDecoder } = await bundled("node/string_decoder.js");
const { TextDecoder, TextEncoder } = await bundled("web/encoding.js");

const bytes = fc.uint8Array({ maxLength: 64 });
const text = fc.string({ unit: "binary", maxLength: 64 });
/** Bytes that are often almost UTF-8. */
const nearText = fc.oneof(
  bytes,
  fc.tuple(text, fc.nat(70), fc.nat(255)).map(([value, at, byte]) => {
    const made = new globalThis.TextEncoder().encode(value);
    if (at < made.length) {
      made[at] = byte;
    }
    return made;
  }),
);

test("a text becomes the bytes that node makes of it, halves of pairs included", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary-ascii" }), text, fc.array(fc.nat(0xffff)), (ascii, any, units) => {
      for (const value of [ascii, any, String.fromCharCode(...units)]) {
        assert.deepEqual(new TextEncoder().encode(value), new globalThis.TextEncoder().encode(value));
      }
    }),
  );
});

for (const label of ["utf-8", "utf-16le"]) {
  for (const options of [{}, { fatal: true }, { ignoreBOM: true }]) {
    test(`bytes become the text that node makes of them: ${label} ${JSON.stringify(options)}`, () => {
      fc.assert(fc.property(nearText, (value) => sameDecoding(label, options, value)));
      sameDecoding(label, options, new Uint8Array([0xef, 0xbb, 0xbf, 0x61]));
      sameDecoding(label, options, new Uint8Array([0xff, 0xfe, 0x61, 0]));
    });
  }
}

function sameDecoding(label, options, value) {
  const attempt = (Decoder) => {
    try {
      return new Decoder(label, options).decode(value);
    } catch (error) {
      return error.constructor.name;
    }
  };
  assert.equal(attempt(TextDecoder), attempt(globalThis.TextDecoder));
}

test("windows-1252 is what the standard says, under all its names; node 20 is not", () => {
  const plain = Uint8Array.from({ length: 256 }, (_, at) => at).filter((byte) => byte < 0x80 || byte >= 0xa0);
  for (const label of ["latin1", "ascii", "iso-8859-1", "windows-1252"]) {
    assert.equal(new TextDecoder(label).decode(plain), String.fromCharCode(...plain));
  }
  assert.equal(new TextDecoder("latin1").decode(new Uint8Array([0x80, 0xe9])), "€é");
  assert.equal(new TextDecoder("latin1").encoding, "windows-1252");
});

test("a text in pieces, split anywhere", () => {
  fc.assert(
    fc.property(nearText, fc.nat(64), (value, at) => {
      const [mine, theirs] = [TextDecoder, globalThis.TextDecoder].map((Decoder) => {
        const decoder = new Decoder();
        return decoder.decode(value.subarray(0, at), { stream: true }) + decoder.decode(value.subarray(at));
      });
      assert.equal(mine, theirs);
    }),
  );
});

test("what is no text is refused when it must be, and the decoder goes on", () => {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  assert.throws(() => decoder.decode(new Uint8Array([0xff])), {
    name: "TypeError",
    code: "ERR_ENCODING_INVALID_ENCODED_DATA",
  });
  assert.equal(decoder.decode(new Uint8Array([0x61])), "a");
  assert.throws(() => new TextDecoder("klingon"), RangeError);
});

test("encodeInto writes what fits", () => {
  for (const size of [0, 1, 2, 3, 4, 5]) {
    const [mine, theirs] = [new Uint8Array(size), new Uint8Array(size)];
    assert.deepEqual(new TextEncoder().encodeInto("a€b", mine), new globalThis.TextEncoder().encodeInto("a€b", theirs));
    assert.deepEqual(mine, theirs);
  }
});

const ENCODINGS = [
  "utf8",
  "utf-8",
  "UTF8",
  "hex",
  "base64",
  "base64url",
  "latin1",
  "binary",
  "ascii",
  "utf16le",
  "ucs2",
];

for (const encoding of ENCODINGS) {
  test(`Buffer: bytes as ${encoding} and back`, () => {
    fc.assert(
      fc.property(nearText, fc.nat(70), fc.nat(70), (value, start, end) => {
        const mine = Buffer.from(value);
        const theirs = nodeBuffer.Buffer.from(value);
        assert.equal(mine.toString(encoding), theirs.toString(encoding));
        assert.equal(mine.toString(encoding, start, end), theirs.toString(encoding, start, end));
      }),
    );
  });
  test(`Buffer: any text read as ${encoding}`, () => {
    fc.assert(
      // Of a character past U+00FF node takes the lower half for a digit, or a character of Base64.
      fc.property(
        fc.oneof(
          /^(base64|hex)/.test(encoding) ? fc.string() : text,
          fc.base64String(),
          fc.string({ unit: fc.constantFrom(..."abcdefABC0123=-_+/ \n") }),
        ),
        (value) => {
          assert.deepEqual([...Buffer.from(value, encoding)], [...nodeBuffer.Buffer.from(value, encoding)]);
        },
      ),
    );
  });
}

test("Buffer: the rest of what people use", () => {
  for (const B of [Buffer, nodeBuffer.Buffer]) {
    assert.equal(B.concat([B.from("ab"), B.from("cd")]).toString(), "abcd");
    assert.equal(B.byteLength("é€"), 5);
    assert.equal(B.byteLength("YWI", "base64url"), 2);
    assert.equal(B.alloc(3, "ab").toString(), "aba");
    assert.ok(B.isBuffer(B.from("")) && !B.isBuffer(new Uint8Array()));
    assert.ok(B.from("ab").equals(new Uint8Array([97, 98])) && !B.from("ab").equals(new Uint8Array([97])));
    assert.throws(() => B.from("ab").equals("ab"), { code: "ERR_INVALID_ARG_TYPE" });
    assert.equal(B.from("abc").equals(B.from("abc")), true);
    assert.equal(B.compare(B.from("a"), B.from("b")), -1);
    assert.equal(B.from([1, 2, 3, 4]).readUInt32BE(0), 0x01020304);
    assert.equal(B.from("hello").indexOf("l"), 2);
    assert.equal(JSON.stringify(B.from("a")), '{"type":"Buffer","data":[97]}');
    assert.ok(B.from("x") instanceof Uint8Array);
    assert.ok(B.isEncoding("base64url") && !B.isEncoding("nope"));
    const target = B.alloc(4);
    assert.equal(target.write("YWJj", 1, "base64url"), 3);
    assert.equal(target.toString("latin1"), "\0abc");
    assert.equal(`${B.from("ä")}`, "ä");
    for (const [args, written] of [
      [["abc", "hex"], "ab00000000"],
      [["abzz12", "HEX"], "ab00000000"],
      [["c0ffee", 1, "hex"], "00c0ffee00"],
      [["c0ffee", 1, undefined, "hex"], "00c0ffee00"],
      [["c0ffee", 1, 2, "hex"], "00c0ff0000"],
      [["c0ffee", 4, "hex"], "00000000c0"],
      [["", 5, "hex"], "0000000000"],
    ]) {
      const into = B.alloc(5);
      assert.equal(into.write(...args), written.replace(/^(?:00)+|(?:00)+$/g, "").length / 2, String(args));
      assert.equal(into.toString("hex"), written);
    }
    assert.throws(() => B.alloc(2).write("ab", 3, "hex"), { name: "RangeError", code: "ERR_OUT_OF_RANGE" });
    for (const wrong of [
      () => B.from("a", "nope"),
      () => B.alloc(1, "a", "nope"),
      () => B.from("a").toString("nope"),
      () => B.alloc(1).write("a", "nope"),
      () => B.alloc(1).fill("a", "nope"),
      () => B.from("a").indexOf("a", 0, "nope"),
      () => B.from("a").includes("a", 0, "nope"),
    ]) {
      assert.throws(wrong, { name: "TypeError", code: "ERR_UNKNOWN_ENCODING" });
    }
  }
  assert.equal(isUtf8(new Uint8Array([0xff])), false);
  assert.equal(isAscii(Buffer.from("abc")), true);
});

for (const encoding of ["utf8", "utf16le", "base64", "hex", "latin1"]) {
  test(`StringDecoder: pieces of ${encoding}`, () => {
    fc.assert(
      fc.property(text, fc.array(fc.nat(20), { maxLength: 5 }), (value, cuts) => {
        const whole = nodeBuffer.Buffer.from(value, encoding === "utf16le" ? "utf16le" : "utf8");
        const [mine, theirs] = [new StringDecoder(encoding), new nodeDecoder.StringDecoder(encoding)].map((decoder) => {
          let [out, at] = ["", 0];
          for (const cut of cuts) {
            out += decoder.write(whole.subarray(at, at + cut));
            at += cut;
          }
          return out + decoder.end(whole.subarray(at));
        });
        assert.equal(mine, theirs);
      }),
    );
  });
}
