// One greedy stream of transformers.js over a local folder: node peer.mjs FOLDER THREADS
// A line of JSON for each request: {"prompt": [ids], "tokens": n}.
// A line for each answer: {"seconds": from the first new token to the last, "ids": [ids]}.
import { createInterface } from "node:readline";
import { AutoModelForCausalLM, Tensor, env } from "@huggingface/transformers";

const [folder, threads] = process.argv.slice(2);
env.allowRemoteModels = false;
const model = await AutoModelForCausalLM.from_pretrained(folder, {
  dtype: "fp32", // names the file onnx/model.onnx; its weights may be in fewer bits
  device: "cpu",
  local_files_only: true,
  session_options: { intraOpNumThreads: Number(threads), interOpNumThreads: 1, executionMode: "sequential", graphOptimizationLevel: "all" },
});
console.log(JSON.stringify({ version: env.version }));

for await (const line of createInterface({ input: process.stdin })) {
  const { prompt, tokens } = JSON.parse(line);
  const shape = [1, prompt.length];
  const times = [];
  const output = await model.generate({
    input_ids: new Tensor("int64", BigInt64Array.from(prompt, BigInt), shape),
    attention_mask: new Tensor("int64", new BigInt64Array(prompt.length).fill(1n), shape),
    max_new_tokens: tokens,
    min_new_tokens: tokens,
    do_sample: false,
    streamer: { put: () => times.push(performance.now()), end: () => {} },
  });
  // The streamer is given the prompt first.
  console.log(JSON.stringify({ seconds: (times.at(-1) - times[1]) / 1000, ids: output.tolist()[0].slice(prompt.length).map(Number) }));
}
