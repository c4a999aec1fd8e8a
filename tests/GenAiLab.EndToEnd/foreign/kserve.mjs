// Usage: node kserve.mjs ADDRESS PROTOS API-KEY
// Speaks the Open Inference Protocol with a gRPC client that is not ours and prints a line for each thing that it
// tried: "ok NAME" or "failed NAME: REASON".
import assert from 'node:assert/strict';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const [address, protos, key] = process.argv.slice(2);
const definition = loader.loadSync('inference/grpc_predict_v2.proto', { includeDirs: [protos], keepCase: true, longs: Number, defaults: true });
const { GRPCInferenceService } = grpc.loadPackageDefinition(definition).inference;
const client = new GRPCInferenceService(address, grpc.credentials.createInsecure());
const metadata = new grpc.Metadata();
metadata.set('authorization', `Bearer ${key}`);
const call = (method, request) => new Promise((resolve, reject) =>
  client[method](request, metadata, { deadline: Date.now() + 30_000 }, (error, response) => error ? reject(error) : resolve(response)));

const bytes = text => ({ bytes_contents: [Buffer.from(text)] });
const input = (text, name = 'text_input') => ({ name, datatype: 'BYTES', shape: [1], contents: bytes(text) });
const greedy = { max_tokens: { int64_param: 2 }, temperature: { double_param: 0 } };
const france = { model_name: 'lab-base', id: 'one', inputs: [input('The capital of France is')], parameters: greedy };
const output = (response, name) => response.outputs.find(output => output.name === name).contents;
const raw = text => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(text));
  return Buffer.concat([length, Buffer.from(text)]);
};

function stream(requests) {
  return new Promise((resolve, reject) => {
    const responses = [];
    const call = client.ModelStreamInfer(metadata, { deadline: Date.now() + 60_000 });
    call.on('data', response => responses.push(response));
    call.on('error', reject);
    call.on('end', () => resolve(responses));
    requests.forEach(request => call.write(request));
    call.end();
  });
}

const checks = {
  async server() {
    assert.equal((await call('ServerLive', {})).live, true);
    assert.equal((await call('ServerReady', {})).ready, true);
    assert.equal((await call('ServerMetadata', {})).name, 'genailab');
  },
  async models() {
    assert.equal((await call('ModelReady', { name: 'lab-base' })).ready, true);
    assert.equal((await call('ModelReady', { name: 'lab-topics', version: '1' })).ready, true);
    assert.equal((await call('ModelReady', { name: 'none' })).ready, false);
    const { inputs, outputs } = await call('ModelMetadata', { name: 'lab-base' });
    assert.deepEqual([inputs[0].name, inputs[0].datatype, outputs[0].name], ['text_input', 'BYTES', 'text_output']);
  },
  async generator() {
    const response = await call('ModelInfer', france);
    assert.equal(response.id, 'one');
    assert.equal(output(response, 'text_output').bytes_contents[0].toString(), ' Paris.');
    assert.equal(output(response, 'finish_reason').bytes_contents[0].toString(), 'length');
  },
  async generator_raw() {
    const response = await call('ModelInfer', {
      ...france,
      inputs: [{ name: 'text_input', datatype: 'BYTES', shape: [1] }],
      outputs: [{ name: 'text_output' }],
      raw_input_contents: [raw('The capital of France is')],
    });
    assert.deepEqual(response.outputs.map(output => output.contents), [null]);
    assert.deepEqual(response.raw_output_contents.map(String), [raw(' Paris.').toString()]);
  },
  async sampling_parameters() {
    const response = await call('ModelInfer', {
      model_name: 'lab-base',
      inputs: [
        input('The capital of France is'),
        input(JSON.stringify({ temperature: 0, max_tokens: 9, stop: ['ris'] }), 'sampling_parameters'),
        { name: 'exclude_input_in_output', datatype: 'BOOL', shape: [1], contents: { bool_contents: [false] } },
      ],
    });
    assert.equal(output(response, 'text_output').bytes_contents[0].toString(), 'The capital of France is Pa');
  },
  async classifier() {
    const response = await call('ModelInfer', {
      model_name: 'lab-topics',
      inputs: [{ name: 'text_input', datatype: 'BYTES', shape: [2], contents: { bytes_contents: ['The cow has four legs.', 'Two and two is four.'].map(Buffer.from) } }],
    });
    assert.equal(output(response, 'label').bytes_contents[0].toString(), 'animals');
    assert.ok(output(response, 'probability').fp32_contents[0] > 0.9);
    assert.deepEqual(response.outputs.find(output => output.name === 'probabilities').shape, [2, output(response, 'labels').bytes_contents.length / 2]);
  },
  async several_in_flight() {
    const ids = Array.from({ length: 20 }, (_, at) => `r${at}`);
    const responses = await stream(ids.map((id, at) => ({
      ...france, id, parameters: { ...greedy, max_tokens: { int64_param: 20 }, temperature: { double_param: 1 }, seed: { int64_param: at } },
    })));
    for (const [at, id] of ids.entries()) {
      const own = responses.map(response => response.infer_response).filter(response => response.id === id);
      assert.deepEqual(own.map(response => response.parameters.triton_final_response.bool_param), [...own.slice(1).map(() => false), true]);
      const text = own.map(response => output(response, 'text_output').bytes_contents[0].toString()).join('');
      const alone = await call('ModelInfer', { ...france, parameters: { ...greedy, max_tokens: { int64_param: 20 }, temperature: { double_param: 1 }, seed: { int64_param: at } } });
      assert.equal(text, output(alone, 'text_output').bytes_contents[0].toString());
    }
    assert.ok(responses.length > 2 * ids.length, 'texts did not come in parts');
    const order = responses.map(response => response.infer_response.id);
    assert.ok(order.filter((id, at) => id !== order[at - 1]).length > ids.length, 'requests did not run at the same time');
  },
  async one_that_fails_in_a_stream() {
    const responses = await stream([{ ...france, id: 'bad', model_name: 'none' }, { ...france, id: 'good', parameters: { ...greedy, stream: { bool_param: false } } }]);
    const of = id => responses.filter(response => response.infer_response.id === id);
    assert.match(of('bad')[0].error_message, /^NOT_FOUND: .*none/);
    assert.equal(output(of('good')[0].infer_response, 'text_output').bytes_contents[0].toString(), ' Paris.');
  },
  async errors() {
    const refused = async (changes, code, named) => {
      const error = await call('ModelInfer', { ...france, ...changes }).then(() => assert.fail('was not refused'), error => error);
      assert.equal(grpc.status[error.code], code, error.message);
      assert.match(error.details, named);
    };
    await refused({ model_name: 'none' }, 'NOT_FOUND', /none/);
    await refused({ model_version: '2' }, 'NOT_FOUND', /2/);
    await refused({ inputs: [] }, 'INVALID_ARGUMENT', /^text_input: /);
    await refused({ inputs: [input('x'), input('x')] }, 'INVALID_ARGUMENT', /^text_input: /);
    await refused({ inputs: [{ ...input('x'), shape: [2] }] }, 'INVALID_ARGUMENT', /^text_input: /);
    await refused({ inputs: [{ ...input('x'), datatype: 'FP32' }] }, 'INVALID_ARGUMENT', /^text_input: /);
    await refused({ inputs: [{ ...input('x'), shape: [-1] }] }, 'INVALID_ARGUMENT', /^text_input: /);
    await refused({ inputs: [input('x'), input('1', 'colour')] }, 'INVALID_ARGUMENT', /^colour: /);
    await refused({ parameters: { ...greedy, temperature: { double_param: -1 } } }, 'INVALID_ARGUMENT', /^temperature: /);
    await refused({ parameters: { colour: { string_param: 'red' } } }, 'INVALID_ARGUMENT', /^colour: /);
    await refused({ parameters: { max_tokens: { string_param: 'two' } } }, 'INVALID_ARGUMENT', /^max_tokens: /);
    await refused({ parameters: { stream: { bool_param: true } } }, 'INVALID_ARGUMENT', /^stream: /);
    await refused({ outputs: [{ name: 'logits' }] }, 'INVALID_ARGUMENT', /^outputs\[0\]/);
    await refused({ raw_input_contents: [raw('x'), raw('x')] }, 'INVALID_ARGUMENT', /^raw_input_contents: /);
    await refused({ inputs: [{ name: 'text_input', datatype: 'BYTES', shape: [1] }], raw_input_contents: [Buffer.from([255, 255, 255, 255, 1])] }, 'INVALID_ARGUMENT', /^text_input: /);
  },
};

for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`ok ${name}`);
  } catch (error) {
    console.log(`failed ${name}: ${String(error.message).replaceAll('\n', ' ')}`);
  }
}
client.close();
