// Tokenizes with implementations that are not ours: one JSON value a line in, one out.
// First line: {"kind": "tiktoken", "encoding": name} or {"kind": "huggingface", "folder": path}.
// Then {"text", "special"}: special tokens spelled out in the text are read as such, and those of the post-processor added.
// Answer: {"ids", "text"}: the ids, and what they decode to with special tokens kept.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const lines = createInterface({ input: process.stdin, crlfDelay: Infinity })[Symbol.asyncIterator]();
const setup = JSON.parse((await lines.next()).value);
const tokenizer = await (setup.kind === "tiktoken" ? openTiktoken(setup.encoding) : openHuggingFace(setup.folder));
let output = [];
for await (const line of lines) {
  const { text, special } = JSON.parse(line);
  output.push(JSON.stringify(tokenizer(text, special)));
  if (output.length === 256) {
    process.stdout.write(output.join("\n") + "\n");
    output = [];
  }
}

if (output.length) process.stdout.write(output.join("\n") + "\n");

async function openTiktoken(name) {
  const { get_encoding } = await import("tiktoken");
  const encoding = get_encoding(name);
  const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  return (text, special) => {
    const ids = special ? encoding.encode(text, "all") : encoding.encode_ordinary(text);
    return { ids: [...ids], text: utf8.decode(encoding.decode(ids)) };
  };
}

async function openHuggingFace(folder) {
  const { Tokenizer } = await import("@huggingface/tokenizers");
  const read = (name) => JSON.parse(readFileSync(`${folder}/${name}`, "utf8"));
  const tokenizer = new Tokenizer(read("tokenizer.json"), read("tokenizer_config.json"));
  return (text, special) => {
    const { ids } = tokenizer.encode(text, { add_special_tokens: special });
    // It refuses to decode no ids at all.
    return { ids, text: ids.length ? tokenizer.decode(ids, { skip_special_tokens: false, clean_up_tokenization_spaces: false }) : "" };
  };
}
