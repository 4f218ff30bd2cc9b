// The OpenAPI document as a judge: what of a request, an answer or an event it does not allow.
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

type Json = Record<string, any>;

// References are put in, and fields that the document does not name are refused: one that the mock has and the document
// has not is how they would drift apart.
function strict(document: Json, schema: any, open = false): any {
  if (Array.isArray(schema)) return schema.map((one) => strict(document, one, open));
  if (typeof schema !== 'object' || schema === null) return schema;
  if (typeof schema.$ref === 'string') {
    const { $ref, ...beside } = schema;
    const named = ($ref as string).slice(2).split('/').reduce((at: any, name) => at?.[name], document);
    if (named === undefined) throw new Error(`the document has no ${$ref}`);
    return strict(document, { ...named, ...beside }, open);
  }
  const all = 'allOf' in schema;
  const made = Object.fromEntries(Object.entries(schema).map(([name, value]) => {
    if (['enum', 'const', 'default', 'required'].includes(name)) return [name, value];
    if (name === 'properties') return [name, Object.fromEntries(Object.entries(value as Json).map(([of, one]) => [of, strict(document, one)]))];
    // What stands beside fields sees them: the parts of an allOf, and what is asked of an object beyond its fields.
    const beside = name === 'allOf' || (['anyOf', 'oneOf'].includes(name) && 'properties' in schema);
    return [name, strict(document, value, beside)];
  }));
  if (!open && (all || ('properties' in made && !('additionalProperties' in made)))) made.unevaluatedProperties = false;
  return made;
}

// What the document tells in words: the events of a stream of suggestions.
const events = {
  understood: { anyOf: [{ $ref: '#/components/schemas/Understood' }, { type: 'null' }] },
  text: {
    type: 'object', required: ['task', 'index', 'text'],
    properties: { task: { $ref: '#/components/schemas/Task' }, index: { type: 'integer', minimum: 0 }, text: { type: 'string' } },
  },
  suggestions: {
    type: 'object', required: ['task', 'suggestions'],
    properties: { task: { $ref: '#/components/schemas/Task' }, suggestions: { type: 'array', items: { $ref: '#/components/schemas/Suggestion' } } },
  },
  done: {
    type: 'object', required: ['intent', 'candidates', 'cached', 'timings'],
    properties: {
      intent: { type: 'string' }, candidates: { type: 'integer' }, cached: { type: 'boolean' }, timings: { $ref: '#/components/schemas/Timings' },
    },
  },
  error: { $ref: '#/components/schemas/Error' },
};

export class Contract {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });
  private readonly made = new Map<string, ValidateFunction>();

  constructor(private readonly document: Json) {
    formats.default(this.ajv);
  }

  request(method: string, path: string, body: unknown): string[] {
    const operation = this.operation(method, path);
    if (!operation) return [`${method} ${path} is not in the document`];
    return this.judge(`request of ${operation.operationId}`, operation.requestBody?.content['application/json']?.schema, body);
  }

  answer(method: string, path: string, status: number, body: unknown): string[] {
    const operation = this.operation(method, path);
    const responses = operation?.responses ?? { default: { $ref: '#/components/responses/error' } }; // a path that is none
    let response = responses[status] ?? responses.default;
    if (response.$ref) response = strict(this.document, response, true);
    return this.judge(`${status} of ${operation?.operationId ?? 'nothing'}`, response.content['application/json']?.schema, body);
  }

  event(name: string, data: unknown): string[] {
    return this.judge(`event ${name}`, (events as Json)[name], data);
  }

  private operation(method: string, path: string): Json | undefined {
    const found = Object.keys(this.document.paths).find((one) => new RegExp(`^${one.replace(/\{\w+\}/g, '[^/]+')}$`).test(path));
    return found === undefined ? undefined : this.document.paths[found][method.toLowerCase()];
  }

  private judge(what: string, schema: unknown, value: unknown): string[] {
    if (schema === undefined) return [`${what}: the document has none`];
    let valid = this.made.get(what);
    if (!valid) this.made.set(what, (valid = this.ajv.compile(strict(this.document, schema))));
    if (valid(value)) return [];
    return (valid.errors ?? []).map((one) => `${what}: ${one.instancePath || 'the body'} ${one.message} ${JSON.stringify(one.params)}`);
  }
}
