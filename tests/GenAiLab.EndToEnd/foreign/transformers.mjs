// Usage: node transformers.mjs FOLDER QUESTION TOKENS
// A folder of the lab as transformers.js reads it: spells the question by the folder's chat template, takes the
// most probable tokens, and prints {"prompt": [ids], "ids": [ids], "text": the answer}.
import { AutoModelForCausalLM, AutoTokenizer, env } from '@huggingface/transformers';

const [folder, question, tokens] = process.argv.slice(2);
env.allowRemoteModels = false;
const tokenizer = await AutoTokenizer.from_pretrained(folder, { local_files_only: true });
const model = await AutoModelForCausalLM.from_pretrained(folder, {
  dtype: 'fp32', device: 'cpu', subfolder: '', local_files_only: true,
});
const inputs = tokenizer.apply_chat_template([{ role: 'user', content: question }], { add_generation_prompt: true, return_dict: true });
const output = await model.generate({ ...inputs, max_new_tokens: Number(tokens), do_sample: false });
const prompt = inputs.input_ids.tolist()[0].map(Number);
const ids = output.tolist()[0].slice(prompt.length).map(Number);
console.log(JSON.stringify({ prompt, ids, text: tokenizer.decode(ids, { skip_special_tokens: true }) }));
