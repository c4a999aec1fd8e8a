// Usage: node openai.mjs BASE-URL API-KEY POOR-KEY SLOW-KEY
// The poor key may do nothing of this, the slow one two calls a minute.
// Talks with a running lab through OpenAI's own package, as it is published, and prints a line for each thing that it
// tried: "ok NAME" or "failed NAME: REASON".
import assert from 'node:assert/strict';
import OpenAI from 'openai';

const [baseURL, apiKey, poorKey, slowKey] = process.argv.slice(2);
const connect = apiKey => new OpenAI({ baseURL, apiKey, maxRetries: 0, timeout: 60_000 });
const client = connect(apiKey);
const france = { model: 'lab-base', prompt: 'The capital of France is', temperature: 0, max_tokens: 2 };
const question = { model: 'lab-chat', messages: [{ role: 'user', content: 'What is the capital of France?' }], temperature: 0 };
const answer = 'The capital of France is Paris.';

async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

async function refused(call, type, expected) {
  const error = await call.then(() => assert.fail('was not refused'), error => error);
  assert.ok(error instanceof type, `${error.constructor.name}: ${error.message}`);
  for (const [name, value] of Object.entries(expected)) assert.equal(error[name], value, `${name}: ${error.message}`);
}

const checks = {
  async models() {
    const models = await collect(client.models.list());
    assert.ok(models.some(model => model.id === 'lab-base' && model.object === 'model'));
    assert.equal((await client.models.retrieve('lab-chat')).id, 'lab-chat');
  },
  async completion() {
    const { choices: [choice], usage, object, model } = await client.completions.create(france);
    assert.deepEqual([choice.text, choice.finish_reason, choice.logprobs, object, model], [' Paris.', 'length', null, 'text_completion', 'lab-base']);
    assert.deepEqual([usage.prompt_tokens, usage.completion_tokens, usage.total_tokens], [6, 2, 8]);
  },
  async completion_of_tokens() {
    const { choices } = await client.completions.create({ ...france, prompt: [[0, 271, 292, 266, 2915, 267], [0, 271]] });
    assert.deepEqual(choices.map(choice => choice.index), [0, 1]);
    assert.equal(choices[0].text, ' Paris.');
  },
  async completion_stream() {
    const chunks = await collect(await client.completions.create({ ...france, stream: true, stream_options: { include_usage: true } }));
    assert.equal(chunks.map(chunk => chunk.choices[0]?.text ?? '').join(''), ' Paris.');
    assert.equal(chunks.at(-2).choices[0].finish_reason, 'length');
    assert.deepEqual([chunks.at(-1).choices, chunks.at(-1).usage.completion_tokens], [[], 2]);
  },
  async completion_logprobs() {
    const { choices: [{ logprobs }] } = await client.completions.create({ ...france, logprobs: 2 });
    assert.deepEqual([logprobs.tokens, logprobs.text_offset], [[' Paris', '.'], [0, 6]]);
    assert.ok(logprobs.token_logprobs[0] < 0 && logprobs.token_logprobs[0] > -0.1);
    assert.equal(logprobs.top_logprobs[0][' Paris'], logprobs.token_logprobs[0]);
    assert.equal(Object.keys(logprobs.top_logprobs[0]).length, 2);
  },
  async echo() {
    const { choices: [{ text }] } = await client.completions.create({ ...france, echo: true });
    assert.equal(text, 'The capital of France is Paris.');
  },
  async echo_with_logprobs() {
    const { choices: [{ text, logprobs }], usage } = await client.completions.create({ ...france, echo: true, max_tokens: 0, logprobs: 1 });
    assert.deepEqual([text, logprobs.tokens.join('')], [france.prompt, france.prompt]);
    assert.deepEqual(logprobs.text_offset.slice(0, 3), [0, 3, 11]);
    assert.ok(logprobs.token_logprobs.every(value => value < 0));
    assert.equal(usage.completion_tokens, 0);
    const both = await client.completions.create({ ...france, echo: true, logprobs: 0, stream: true });
    const tokens = (await collect(both)).flatMap(chunk => chunk.choices[0].logprobs?.tokens ?? []);
    assert.equal(tokens.join(''), `${france.prompt} Paris.`);
  },
  async choices() {
    const drawn = { model: 'lab-base', prompt: 'One day', temperature: 1, max_tokens: 12, seed: 3 };
    const { choices, usage } = await client.completions.create({ ...drawn, n: 3 });
    assert.deepEqual(choices.map(choice => choice.index), [0, 1, 2]);
    assert.equal(new Set(choices.map(choice => choice.text)).size, 3);
    assert.ok(usage.completion_tokens > 20 && usage.prompt_tokens < 6);
    const chunks = await collect(await client.completions.create({ ...drawn, n: 3, stream: true }));
    for (const { index, text } of choices)
      assert.equal(chunks.map(chunk => chunk.choices.find(choice => choice.index === index)?.text ?? '').join(''), text);
    assert.equal((await client.completions.create({ ...drawn, best_of: 4 })).choices.length, 1);
  },
  async stop() {
    const { choices: [choice] } = await client.completions.create({ ...france, max_tokens: 20, stop: ['ris', 'zzz'], logprobs: 0 });
    assert.deepEqual([choice.text, choice.finish_reason], [' Pa', 'stop']);
  },
  async seed() {
    const draw = seed => client.completions.create({ model: 'lab-base', prompt: 'One day', temperature: 1, max_tokens: 20, seed }).then(answer => answer.choices[0].text);
    assert.equal(await draw(7), await draw(7));
    assert.notEqual(await draw(7), await draw(8));
    assert.equal(await draw(-7), await draw(-7));
  },
  async sampling() {
    const draw = changes => client.completions.create({ ...france, max_tokens: 1, ...changes }).then(answer => answer.choices[0].text);
    assert.notEqual(await draw({ logit_bias: { 2927: -100 } }), ' Paris');
    assert.equal(await draw({ temperature: 5, top_k: 1 }), ' Paris');
    assert.equal(await draw({ temperature: 5, top_p: 0 }), ' Paris');
    assert.equal(await draw({ temperature: 5, min_p: 0.9, repetition_penalty: 1.1 }), ' Paris');
  },
  async chat() {
    const { choices: [choice], usage, object } = await client.chat.completions.create(question);
    assert.deepEqual([choice.message.role, choice.message.content, choice.finish_reason, object], ['assistant', answer, 'stop', 'chat.completion']);
    assert.equal(usage.prompt_tokens_details.cached_tokens >= 0, true);
  },
  async chat_parts() {
    const parts = [{ type: 'text', text: 'What is the capital' }, { type: 'text', text: ' of France?' }];
    const { choices: [{ message }] } = await client.chat.completions.create({ ...question, messages: [{ role: 'user', content: parts }] });
    assert.equal(message.content, answer);
  },
  async chat_stream() {
    const chunks = await collect(await client.chat.completions.create({ ...question, stream: true, stream_options: { include_usage: true } }));
    assert.deepEqual(chunks[0].choices[0].delta, { role: 'assistant', content: '' });
    assert.equal(chunks.map(chunk => chunk.choices[0]?.delta.content ?? '').join(''), answer);
    assert.equal(chunks.at(-2).choices[0].finish_reason, 'stop');
    assert.equal(chunks.at(-1).usage.total_tokens, chunks.at(-1).usage.prompt_tokens + chunks.at(-1).usage.completion_tokens);
  },
  async chat_stream_helper() {
    const runner = client.chat.completions.stream(question);
    assert.equal((await runner.finalChatCompletion()).choices[0].message.content, answer);
  },
  async chat_logprobs() {
    const { choices: [{ logprobs }] } = await client.chat.completions.create({ ...question, logprobs: true, top_logprobs: 3 });
    assert.equal(logprobs.content.map(token => token.token).join(''), answer);
    assert.equal(Buffer.from(logprobs.content.flatMap(token => token.bytes)).toString(), answer);
    assert.ok(logprobs.content.every(token => token.top_logprobs.length === 3 && token.logprob <= 0));
  },
  async embeddings() {
    const plain = await client.embeddings.create({ model: 'lab-base', input: ['The cow', 'The dog'], encoding_format: 'float' });
    const packed = await client.embeddings.create({ model: 'lab-base', input: ['The cow', 'The dog'] });
    assert.deepEqual(plain.data.map(({ object, index }) => [object, index]), [['embedding', 0], ['embedding', 1]]);
    assert.ok(Math.abs(Math.hypot(...plain.data[0].embedding) - 1) < 1e-4);
    packed.data.forEach(({ embedding }, at) => embedding.forEach((value, of) => assert.ok(Math.abs(value - plain.data[at].embedding[of]) < 1e-6)));
    assert.equal((await client.embeddings.create({ model: 'lab-base', input: 'The cow', dimensions: 8 })).data[0].embedding.length, 8);
    assert.equal((await client.embeddings.create({ model: 'lab-base', input: [[0, 271], [271]] })).data.length, 2);
    assert.ok(plain.usage.prompt_tokens > 2);
    await refused(client.embeddings.create({ model: 'lab-base', input: '' }), OpenAI.BadRequestError, { param: 'input' });
    await refused(client.embeddings.create({ model: 'lab-base', input: 'x', dimensions: 100_000 }), OpenAI.BadRequestError, { param: 'dimensions' });
  },
  async errors() {
    await refused(client.completions.create({ ...france, temperature: -1 }), OpenAI.BadRequestError, { status: 400, type: 'invalid_request_error', param: 'temperature' });
    await refused(client.completions.create({ ...france, suffix: 'x' }), OpenAI.BadRequestError, { param: 'suffix' });
    await refused(client.completions.create({ ...france, colour: 'red' }), OpenAI.BadRequestError, { param: 'colour', code: 'unknown_parameter' });
    await refused(client.completions.create({ ...france, max_tokens: 100_000 }), OpenAI.BadRequestError, { param: 'max_tokens' });
    await refused(client.completions.create({ ...france, stop: [''] }), OpenAI.BadRequestError, { param: 'stop' });
    await refused(client.completions.create({ ...france, prompt: [999_999] }), OpenAI.BadRequestError, { param: 'prompt' });
    await refused(client.completions.create({ ...france, model: 'gpt-4' }), OpenAI.NotFoundError, { status: 404, code: 'model_not_found', param: 'model' });
    await refused(client.chat.completions.create({ ...question, max_completion_tokens: 0 }), OpenAI.BadRequestError, { param: 'max_completion_tokens' });
    await refused(client.chat.completions.create({ ...question, top_logprobs: 1 }), OpenAI.BadRequestError, { param: 'top_logprobs' });
    await refused(client.chat.completions.create({ ...question, messages: [] }), OpenAI.BadRequestError, { param: 'messages' });
    await refused(
      client.chat.completions.create({ ...question, messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:' } }] }] }),
      OpenAI.BadRequestError, { param: 'messages[0].content[0].type' });
    await refused(client.chat.completions.create({ ...question, model: 'lab-base' }), OpenAI.BadRequestError, { code: 'failed_precondition' });
    await refused(client.models.retrieve('gpt-4'), OpenAI.NotFoundError, { code: 'model_not_found' });
  },
  async keys() {
    await refused(connect('wrong').models.list(), OpenAI.AuthenticationError, { status: 401, code: 'invalid_api_key' });
    await refused(connect(poorKey).models.list(), OpenAI.PermissionDeniedError, { status: 403 });
    for (let call = 0; call < 2; call++) await connect(slowKey).models.list();
    const error = await connect(slowKey).models.list().then(() => assert.fail('was not refused'), error => error);
    assert.ok(error instanceof OpenAI.RateLimitError, error.message);
    assert.ok(Number(error.headers.get('retry-after')) > 0 && Number(error.headers.get('retry-after')) <= 30);
  },
  async json() {
    const schema = { type: 'object', properties: { city: { enum: ['Paris', 'Rome'] }, sure: { type: 'boolean' } }, required: ['city', 'sure'], additionalProperties: false };
    const ask = (response_format, extra) => client.chat.completions.create({ ...question, max_tokens: 100, response_format, ...extra });
    const { choices: [{ message, finish_reason }] } = await ask({ type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } });
    const { city, sure } = JSON.parse(message.content);
    assert.ok(['Paris', 'Rome'].includes(city) && typeof sure === 'boolean' && finish_reason === 'stop');
    const chunks = await collect(await ask({ type: 'json_schema', json_schema: { name: 'answer', schema } }, { stream: true, temperature: 2, seed: 5 }));
    assert.ok('sure' in JSON.parse(chunks.map(chunk => chunk.choices[0].delta.content ?? '').join('')));
    assert.equal(typeof JSON.parse((await ask({ type: 'json_object' })).choices[0].message.content), 'object');
    await refused(ask({ type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'colour' } } }), OpenAI.BadRequestError, { param: 'response_format' });
    await refused(ask({ type: 'yaml' }), OpenAI.BadRequestError, { param: 'response_format' });
    const guided = await client.completions.create({ ...france, max_tokens: 20, guided_regex: ' (Rome|Oslo)!' });
    assert.match(guided.choices[0].text, /^ (Rome|Oslo)!$/);
  },
  async tools() {
    const tool = { type: 'function', function: { name: 'weather', strict: true, parameters: {
      type: 'object', properties: { city: { enum: ['Paris', 'Rome'] } }, required: ['city'], additionalProperties: false } } };
    const ask = tool_choice => ({ ...question, tools: [tool], tool_choice });
    for (const choice of ['required', { type: 'function', function: { name: 'weather' } }]) {
      const { choices: [{ message, finish_reason }] } = await client.chat.completions.create(ask(choice));
      assert.deepEqual([finish_reason, message.content, message.tool_calls.length, message.tool_calls[0].function.name], ['tool_calls', null, 1, 'weather']);
      assert.ok(['Paris', 'Rome'].includes(JSON.parse(message.tool_calls[0].function.arguments).city));
    }
    const chunks = await collect(await client.chat.completions.create({ ...ask('required'), stream: true }));
    const call = chunks.flatMap(chunk => chunk.choices[0].delta.tool_calls ?? []);
    assert.ok(call[0].index === 0 && call[0].id.length > 0 && call[0].function.name === 'weather');
    assert.ok(JSON.parse(call.map(part => part.function.arguments).join('')).city);
    const { choices: [{ message }] } = await client.chat.completions.create(ask('none'));
    assert.equal(message.content, answer);
    await refused(client.chat.completions.create(ask('auto')), OpenAI.BadRequestError, { param: 'tools[0].function.strict' });
    await refused(client.chat.completions.create({ ...question, tool_choice: 'required' }), OpenAI.BadRequestError, { param: 'tool_choice' });
  },
  async error_before_a_stream() {
    await refused(client.chat.completions.create({ ...question, stream: true, top_p: 2 }), OpenAI.BadRequestError, { param: 'top_p' });
  },
  async leaving_a_stream() {
    const stream = await client.completions.create({ model: 'lab-base', prompt: 'One day', max_tokens: 200, stream: true });
    for await (const _ of stream) break;
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
