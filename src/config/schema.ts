import { readFileSync } from 'node:fs'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { nearest } from '../iam/nearest.js'
import type { Path, Report } from './fault.js'

interface SchemaNode {
  readonly errorMessage?: string
  readonly properties?: Readonly<Record<string, SchemaNode>>
}

/** At the root of the installation, three folders above where this runs from: `build/src/config`. */
const schemaFile = new URL('../../../stint.schema.json', import.meta.url)

let validator: ValidateFunction | undefined

/** `stint.schema.json` is both what editors complete from and what a file is held against: there is no other list. */
function validate(): ValidateFunction {
  if (validator) return validator
  const ajv = new Ajv({ strict: true, allErrors: true, verbose: true, allowUnionTypes: true, logger: false })
  // The sentence that editors show, and we too.
  ajv.addKeyword({ keyword: 'errorMessage', schemaType: 'string' })
  validator = ajv.compile(JSON.parse(readFileSync(schemaFile, 'utf8')) as object)
  return validator
}

/**
 * Reports everything in which `value`, plain JSON, is not what the schema says, and gives back what is left of it
 * when all of that is cut out. A fault inside a list leaves its place empty.
 */
export function checkSchema(value: unknown, report: Report): unknown {
  const check = validate()
  check(value)
  const cuts: Path[] = []
  const rest = { value }
  for (const error of check.errors ?? []) {
    const fault = faultOf(error, value)
    if (!fault) continue
    report(fault.path, fault.message, fault.at)
    if (fault.cut) cuts.push(fault.path)
  }
  for (const cut of cuts) cutOut(rest, ['value', ...cut])
  return rest.value
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
function cutOut(around: object, [step, ...rest]: Path): void {
  if (step === undefined || !Object.hasOwn(around, step)) return
  const inner: unknown = Reflect.get(around, step)
  if (rest.length === 0) Reflect.set(around, step, undefined)
  else if (typeof inner === 'object' && inner !== null) cutOut(inner, rest)
}
