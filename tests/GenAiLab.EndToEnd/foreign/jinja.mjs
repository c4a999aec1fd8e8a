// Renders chat templates with @huggingface/jinja. JSON in, JSON out, as tests/GenAiLab.Tokenizer.Tests/ChatTemplates/jinja2_render.py has it.
import { readFileSync } from "node:fs";
import { Template } from "@huggingface/jinja";

const request = JSON.parse(readFileSync(0, "utf8"));

// The time that strftime_now tells.
const RealDate = Date;
const now = new RealDate(`${request.now}Z`).getTime();
globalThis.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length > 0 ? given : [now]));
  }
};

const compiled = new Map();
const results = request.cases.map(({ template, context }) => {
  try {
    if (!compiled.has(template)) {
      compiled.set(template, new Template(request.templates[template]));
    }
    return { text: compiled.get(template).render(context) };
  } catch (error) {
    return { error: String(error) };
  }
});
process.stdout.write(JSON.stringify(results));
