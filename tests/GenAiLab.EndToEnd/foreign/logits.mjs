// Usage: node logits.mjs FOLDER ID...
// Runs a folder's graph as it stands in onnxruntime-node over some token ids, without a past, and prints the logits
// after the last one as a JSON array.
import ort from 'onnxruntime-node';

const [folder, ...ids] = process.argv.slice(2);
const session = await ort.InferenceSession.create(`${folder}/model.onnx`);
const feeds = {
  input_ids: new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]),
  attention_mask: new ort.Tensor('int64', new BigInt64Array(ids.length).fill(1n), [1, ids.length]),
};
for (const { name, shape } of session.inputMetadata.filter(({ name }) => name.startsWith('past_key_values.'))) {
  feeds[name] = new ort.Tensor('float32', new Float32Array(0), [1, shape[1], 0, shape[3]]);
}
const { logits } = await session.run(feeds, ['logits']);
console.log(JSON.stringify(Array.from(logits.data.slice(-logits.dims[2]))));
