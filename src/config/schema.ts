import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { nearest } from '../iam/nearest.js'
import type { Path, Report } from './fault.js'

interface SchemaNode {
  readonly errorMessage?: string
  readonly properties?: Readonly<Record<string, SchemaNode>>
}

let validator: ValidateFunction | undefined

/** `stint.schema.json` is both what editors complete from and what a file is held against: there is no other list. */
function validate(): ValidateFunction {
  if (validator) return validator
  const ajv = new Ajv({ strict: true, allErrors: true, verbose: true, allowUnionTypes: true, logger: false })
  // The sentence that editors show, and we too.
  ajv.addKeyword({ keyword: 'errorMessage', schemaType: 'string' })
  validator = ajv.compile(JSON.parse(readFileSync(schemaFile(), 'utf8')) as object)
  return validator
}

/** The nearest one upwards: this file runs from `src`, from `build/src` and from wherever a test compiles to. */
function schemaFile(): string {
  const name = 'stint.schema.json'
  const roots = [dirname(fileURLToPath(import.meta.url))]
  for (let folder = roots[0] ?? ''; ; folder = dirname(folder)) {
    if (existsSync(join(folder, name))) return join(folder, name)
    if (folder === dirname(folder)) throw new Error(`${name} is missing from the installation`)
  }
}

/**
 * Reports everything in which `value` is not what the schema says, and gives back what is left when all of
 * that is cut out. A fault inside a list leaves its place empty.
 */
export function checkSchema(value: unknown, report: Report): unknown {
  const check = validate()
  check(value)
  const cuts: Path[] = []
  for (const error of check.errors ?? []) {
    const fault = faultOf(error, value)
    if (!fault) continue
    report(fault.path, fault.message, fault.at)
    if (fault.cut) cuts.push(fault.path)
  }
  return cuts.reduce(cutOut, value)
}

interface SchemaFault {
  readonly path: Path
  readonly message: string
  readonly at?: 'key'
  readonly cut: boolean
}

function faultOf(error: ErrorObject, value: unknown): SchemaFault | undefined {
  const path = pathOf(error.instancePath, value)
  const parent = error.parentSchema as SchemaNode | undefined
  const said = parent?.errorMessage
  switch (error.keyword) {
    // Only say that something within failed, which has said so itself.
    case 'if':
    case 'propertyNames':
      return undefined
    case 'additionalProperties': {
      const field = String(error.params['additionalProperty'])
      const known = Object.keys(parent?.properties ?? {})
      return {
        path: [...path, field],
        message: `is no field here; did you mean ${nearest(field, known) ?? 'another'}? There are ${known.join(', ')}`,
        at: 'key',
        cut: true,
      }
    }
    case 'required': {
      const field = String(error.params['missingProperty'])
      const hint = parent?.properties?.[field]?.errorMessage
      return { path: [...path, field], message: `is required${hint ? `: ${hint}` : ''}`, cut: false }
    }
    default:
      if (error.propertyName !== undefined) {
        return {
          path: [...path, error.propertyName],
          message: said ?? String(error.message),
          at: 'key',
          cut: true,
        }
      }
      return { path, message: said ?? plain(error), cut: true }
  }
}

const plain = ({ keyword, message, params }: ErrorObject): string =>
  keyword === 'type' && params['type'] === 'object' ? 'must be a map of fields' : String(message)

/** A JSON pointer as a path; a step is a place in a list exactly where the value has a list. */
function pathOf(pointer: string, value: unknown): Path {
  const steps = pointer.split('/').slice(1)
  const path: (string | number)[] = []
  let at: unknown = value
  for (const step of steps) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    path.push(Array.isArray(at) ? Number(name) : name)
    at = (at as Readonly<Record<string, unknown>>)[name]
  }
  return path
}

/** Keeps the keys and the places: what refers to a name is not at fault because of what stands under it. */
function cutOut(value: unknown, path: Path): unknown {
  const [step, ...rest] = path
  if (step === undefined || typeof value !== 'object' || value === null) return undefined
  if (Array.isArray(value)) return value.map((item, at) => (at === step ? cutOut(item, rest) : item))
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === step ? cutOut(item, rest) : item]),
  )
}
