import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import type { FastifySchemaCompiler, RouteOptions } from 'fastify'
import { Fault } from '../fault.js'
import { isPrintable } from '../identity/printable.js'
import { parseDuration } from '../time.js'

/** Extensions of the contract that mean nothing to the validator. */
const annotations = ['x-must', 'x-bodiless', 'example']

const formats = {
  'stint-duration': (text: string) => parseDuration(text) !== undefined,
  'stint-line': (text: string) => isPrintable(text, Infinity),
  'date-time': isTime,
}

const shared = { formats, verbose: true, strict: true, strictTypes: false } as const
const strict = new Ajv2020(shared).addVocabulary(annotations)
/** Query parameters are text: numbers and lists are read from it, and what is left out gets its default. */
const coercing = new Ajv2020({ ...shared, coerceTypes: 'array', useDefaults: true }).addVocabulary(
  annotations,
)

type Part = 'body' | 'querystring' | 'params' | 'headers'

/**
 * One validator per part of a request. A failure is a Fault whose sentence names the field; nothing is
 * removed, and nothing but the query is converted.
 */
export const compileValidator: FastifySchemaCompiler<Readonly<Record<string, unknown>>> = ({
  schema,
  httpPart,
}) => {
  const part = httpPart as Part
  const validate: ValidateFunction = (part === 'querystring' ? coercing : strict).compile(schema)
  const mayLack = part === 'body' && schema['x-bodiless'] === true
  return (data: unknown) => {
    // A body that is not there arrives as null; the literal `null` never gets past the parser.
    if ((mayLack && data === null) || validate(data)) return true
    return { error: new Fault('invalid_request', sentence(part, validate.errors?.[0])) }
  }
}

/** Makes a route built from the contract strict: no body and no parameter that the contract does not name. */
export function closeRoute(route: RouteOptions): void {
  const schema = (route.schema ??= {}) as Record<string, Record<string, unknown> | undefined>
  const content = schema['body']?.['content'] as Record<string, { schema: object }> | undefined
  const body = content?.['application/json']?.schema
  if (body) schema['body'] = { ...body, 'x-bodiless': schema['x-bodiless'] }
  else if (route.method === 'POST' && !route.config?.raw) schema['body'] = { type: 'null' }
  // A header arrives in lower case, whatever the contract calls it.
  const headers = schema['headers']?.['properties'] as Record<string, unknown> | undefined
  if (headers) schema['headers'] = { type: 'object', properties: lowerCased(headers) }
  schema['querystring'] = { type: 'object', ...schema['querystring'], additionalProperties: false }
}

const lowerCased = (named: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(named).map(([name, value]) => [name.toLowerCase(), value]))

function sentence(part: Part, error: ErrorObject | undefined): string {
  if (!error) return 'The request is not one that the contract knows.'
  const { keyword, instancePath, params, parentSchema } = error
  if (instancePath === '' && keyword === 'type')
    return params['type'] === 'null' ? 'This operation takes no body.' : 'The body must be a JSON object.'
  const name = nameOf(instancePath)
  if (keyword === 'required')
    return `${called(part, join(name, String(params['missingProperty'])))} is missing.`
  if (keyword === 'additionalProperties')
    return `${called(part, join(name, String(params['additionalProperty'])))} is not known here.`
  const must = (parentSchema as Record<string, unknown> | undefined)?.['x-must']
  return `${called(part, name)} must ${demand(keyword, params, must)}.`
}

function demand(keyword: string, params: ErrorObject['params'], must: unknown): string {
  switch (keyword) {
    case 'type':
      return `be ${articled(String(params['type']))}`
    case 'enum':
      return `be one of ${(params['allowedValues'] as readonly string[]).join(', ')}`
    case 'minLength':
      return 'not be empty'
    case 'maxLength':
      return `have at most ${params['limit']} characters`
    case 'minItems':
      return 'have at least one element'
    case 'maxItems':
      return `have at most ${params['limit']} elements`
    case 'uniqueItems':
      return 'name nothing twice'
    case 'minimum':
      return `be at least ${params['limit']}`
    case 'maximum':
      return `be at most ${params['limit']}`
    default:
      return typeof must === 'string' ? must : 'be as the contract says'
  }
}

const articled = (type: string): string => (/^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`)

/** `/actions/3` as `actions[3]`. */
const nameOf = (path: string): string =>
  path
    .slice(1)
    .replaceAll(/\/(\d+)/g, '[$1]')
    .replaceAll('/', '.')

const join = (name: string, member: string): string => (name === '' ? member : `${name}.${member}`)

/** A name as the caller wrote it, bounded and without what a terminal would obey. */
function called(part: Part, name: string): string {
  const shown = name.replace(/[\p{C}`]+/gu, '?').slice(0, 64)
  return (
    { body: '', querystring: 'The query parameter ', params: "The path's ", headers: 'The header ' }[part] +
    `\`${shown}\``
  )
}

function isTime(text: string): boolean {
  const date = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/.exec(text)?.[1]
  if (date === undefined || Number.isNaN(Date.parse(text))) return false
  // JavaScript reads the 30th of February as the 2nd of March.
  return new Date(Date.parse(`${date}T00:00:00Z`)).toISOString().startsWith(date)
}
