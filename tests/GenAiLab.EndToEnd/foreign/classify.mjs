// Classifies with transformers.js: node classify.mjs MODELS_FOLDER < REQUESTS
// Reads one JSON object a line: {"task": "text-classification", "model": a folder's name, "input": a text or an image
// file}. Writes for each an object of labels and scores.
import { createInterface } from "node:readline";
import { env, pipeline } from "@huggingface/transformers";

env.allowRemoteModels = false;
env.localModelPath = process.argv[2];

const pipelines = new Map();
for await (const line of createInterface({ input: process.stdin })) {
  const { task, model, input } = JSON.parse(line);
  if (!pipelines.has(model)) {
    pipelines.set(model, await pipeline(task, model, { dtype: "fp32", subfolder: "" }));
  }
  const scores = await pipelines.get(model)(input, { top_k: 1000 });
  console.log(JSON.stringify(Object.fromEntries(scores.map(({ label, score }) => [label, score]))));
}
