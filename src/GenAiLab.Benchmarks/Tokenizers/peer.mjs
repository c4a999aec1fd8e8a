// A tokenizer of npm's: node peer.mjs tiktoken ENCODING, or node peer.mjs huggingface FOLDER
// A line of JSON for each request: {"text": what to encode}, special tokens in it taken as they come.
// A line for each answer: {"seconds": of encoding alone, "ids": [ids]}; first one with the package's version.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const [kind, source] = process.argv.slice(2);
const encode = await (kind === "tiktoken" ? openTiktoken() : openHuggingFace());
console.log(JSON.stringify({ version: version(kind === "tiktoken" ? "tiktoken" : "@huggingface/tokenizers") }));

for await (const line of createInterface({ input: process.stdin })) {
  const { text } = JSON.parse(line);
  const started = performance.now();
  const ids = encode(text);
  const seconds = (performance.now() - started) / 1000;
  console.log(JSON.stringify({ seconds, ids: [...ids] }));
}

async function openTiktoken() {
  const { get_encoding } = await import("tiktoken");
  const encoding = get_encoding(source);
  return (text) => encoding.encode_ordinary(text);
}

async function openHuggingFace() {
  const { Tokenizer } = await import("@huggingface/tokenizers");
  const read = (name) => JSON.parse(readFileSync(`${source}/${name}`, "utf8"));
  const tokenizer = new Tokenizer(read("tokenizer.json"), read("tokenizer_config.json"));
  return (text) => tokenizer.encode(text, { add_special_tokens: false }).ids;
}

function version(name) {
  return JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8")).version;
}
