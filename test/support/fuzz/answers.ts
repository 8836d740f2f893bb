import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { IncomingHttpHeaders } from 'node:http'
import type { Contract, Operation, Schema } from './contract.js'
import type { Recipe } from './requests.js'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** What Stint answers where it does not get as far as an operation: no such path, no such method, not HTTP. */
const beforeOperations = [400, 404, 405, 429]

/** A judge of answers by the contract: what is wrong with one, in words; undefined where nothing is. */
export function createJudge({ document, operations }: Contract) {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
  ajv.addSchema(document, 'stint')
  const compiled = new Map<unknown, ValidateFunction>()

  /** Compiled under the document's own address, so that its `#/components/…` mean what they mean there. */
  function complaints(schema: Schema, value: unknown): string | undefined {
    let validate = compiled.get(schema)
    if (!validate) {
      const rooted = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"stint#/')) as object
      compiled.set(schema, (validate = ajv.compile(rooted)))
    }
    return validate(value) ? undefined : ajv.errorsText(validate.errors)
  }
  const problem: Schema = { $ref: '#/components/schemas/Problem' }

  function body(schema: Schema | undefined, type: string, { status, headers, text }: Answer) {
    if (type === 'application/x-ndjson') {
      const broken = text.split('\n').find((line) => line !== '' && parsed(line) === undefined)
      return broken === undefined ? undefined : `is not JSON: ${broken}`
    }
    if (!/[/+]json$/.test(type)) return schema && complaints(schema, text)
    const value = parsed(text)
    if (value === undefined) return `is not JSON: ${text}`
    if (type === 'application/problem+json') {
      const { status: said, request } = value as Readonly<Record<string, unknown>>
      if (said !== status || request !== headers['request-id']) return 'is not of this answer'
    }
    return schema && complaints(schema, value)
  }

  function heads(declared: Readonly<Record<string, Schema>>, { headers }: Answer) {
    if (!/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(String(headers['request-id']))) return 'has no Request-Id'
    if (headers['cache-control'] !== 'no-store') return 'may be kept by a cache'
    const wrong = Object.entries(declared).find(([name, schema]) => {
      const value = headers[name]
      const read = schema.type === 'integer' ? Number(value) : value
      return value !== undefined && complaints(schema, read) !== undefined
    })
    return wrong && `has a wrong header ${wrong[0]}`
  }

  return function judge(recipe: Recipe, answer: Answer): string | undefined {
    const { status, headers } = answer
    if (status >= 500) return `is a ${status}`
    const type = String(headers['content-type'] ?? '').split(';')[0] ?? ''
    const operation = operations.find((one) => isTo(one, recipe))
    const response = operation?.responses.get(status)
    const head = heads(response?.headers ?? {}, answer)
    if (head !== undefined) return head
    if (recipe.method === 'HEAD')
      return beforeOperations.includes(status) ? undefined : `is a ${status} to HEAD`
    if (!response) {
      // A target that is no URL, and one that leads elsewhere, never come to an operation.
      const elsewhere = beforeOperations.includes(status) && type === 'application/problem+json'
      return !operation && elsewhere
        ? body(problem, type, answer)
        : `has the status ${status}, which is not documented`
    }
    // Of an answer without content nothing is said; only Slack has such.
    if (Object.keys(response.content).length === 0) return undefined
    const documented = response.content[type]
    return documented
      ? body(documented.schema, type, answer)
      : `has the type ${type}, which is not documented`
  }
}

function isTo(operation: Operation, { method, target }: Recipe): boolean {
  const pattern = operation.path.replaceAll(/[.]/g, '\\.').replaceAll(/\{\w+\}/g, '[^/]*')
  return operation.method === method && new RegExp(`^${pattern}(\\?|$)`).test(target)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
