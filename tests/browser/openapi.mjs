// Holds answers of a server against docs/openapi.yaml with ajv (JSON Schema
// 2020-12, which OpenAPI 3.1 schemas are).
import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';

const file = new URL('../../docs/openapi.yaml', import.meta.url);
export const doc = parse(readFileSync(file, 'utf8'));

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema({ $id: 'openapi', ...doc });

const resolve = (thing) =>
  thing?.$ref
    ? resolve(thing.$ref.slice(2).split('/').reduce((at, key) => at[key], doc))
    : thing;

const rebase = (value) =>
  JSON.parse(JSON.stringify(value), (key, v) =>
    key === '$ref' && v.startsWith('#') ? `openapi${v}` : v);

const compiled = new Map();
export function validate(schema, value) {
  const key = JSON.stringify(schema);
  if (!compiled.has(key)) compiled.set(key, ajv.compile(rebase(schema)));
  const check = compiled.get(key);
  return check(value) ? [] : check.errors.map((e) => `${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`);
}

export const operations = [];
for (const [path, item] of Object.entries(doc.paths))
  for (const method of ['get', 'put', 'post', 'delete'])
    if (item[method])
      operations.push({
        id: item[method].operationId,
        method: method.toUpperCase(),
        pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`),
        responses: item[method].responses,
      });

export const findOperation = (method, path) =>
  operations.find((o) => o.method === method && o.pattern.test(path));

// What is wrong with this answer; [] when it is as documented.
export function judge(operation, status, type, body) {
  const response = resolve(operation.responses[String(status)]);
  if (!response) return [`${operation.id}: status ${status} is not documented: ${JSON.stringify(body)}`];
  if (!response.content) return body === null ? [] : [`${operation.id}: ${status} has a body`];
  const media = response.content[type.split(';')[0]];
  if (!media) return [`${operation.id}: ${status} came as ${type}`];
  if (typeof body === 'string') return [];
  return validate(media.schema, body).map((e) => `${operation.id} ${status}: ${e}`);
}
