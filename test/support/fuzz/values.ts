import fc from 'fast-check'
import type { Contract, Schema } from './contract.js'
import { hostileValue, policy, words } from './words.js'

/** No request of the contract nests deeper; where one did, it would end in nothing. */
const deepest = 8

/** Values as a schema describes them, preferring what means something here; `name` is the field's or parameter's. */
export function valuesOf(
  contract: Contract,
  described: Schema,
  name: string,
  depth = 0,
): fc.Arbitrary<unknown> {
  if (depth > deepest) return fc.constant(null)
  const { schema, name: called = '' } = contract.resolve(described)
  const formal = bySchema(contract, schema, name, depth)
  const isText = schema.type === undefined || schema.type === 'string'
  const meant = isText ? (words[name] ?? words[called]) : undefined
  if (!meant) return formal
  return fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom<unknown>(...meant) },
    { weight: 1, arbitrary: formal },
  )
}

function bySchema(contract: Contract, schema: Schema, name: string, depth: number): fc.Arbitrary<unknown> {
  const inner = (part: Schema, called = name) => valuesOf(contract, part, called, depth + 1)
  const choices = schema.enum ?? (schema.const === undefined ? undefined : [schema.const])
  if (choices) return fc.constantFrom(...choices)
  const either = schema.oneOf ?? schema.anyOf
  if (either) return fc.oneof(...either.map((part) => inner(part)))
  const { minItems = 0, maxItems = 3, minimum = -2, maximum = 10_000 } = schema
  switch (schema.type) {
    case 'integer':
      return fc.oneof(
        fc.constantFrom(minimum, Math.min(maximum, 100)),
        fc.integer({ min: minimum, max: maximum }),
      )
    case 'number':
      return fc.double({ min: minimum, max: maximum, noNaN: true })
    case 'boolean':
      return fc.boolean()
    case 'array': {
      const length = { minLength: minItems, maxLength: Math.max(minItems, Math.min(maxItems, 3)) }
      const items = inner(schema.items ?? {})
      return schema.uniqueItems ? fc.uniqueArray(items, length) : fc.array(items, length)
    }
    case 'object':
      return objects(schema, inner, name)
    default:
      return texts(schema)
  }
}

function objects(
  { properties, required = [], additionalProperties }: Schema,
  inner: (part: Schema, called?: string) => fc.Arbitrary<unknown>,
  name: string,
): fc.Arbitrary<unknown> {
  if (properties) {
    const fields = Object.entries(properties).map(([field, part]) => [field, inner(part, field)] as const)
    return fc.record(Object.fromEntries(fields), { requiredKeys: [...required] })
  }
  if (typeof additionalProperties !== 'object') return policy
  const keys = fc.constantFrom(...(words[name] ?? ['a', 'b']))
  return fc.dictionary(keys, inner(additionalProperties), { maxKeys: 3 })
}

const times = fc
  .date({ min: new Date('2026-01-01'), max: new Date('2027-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString())

function texts({ format, pattern, minLength = 0, maxLength = 40 }: Schema): fc.Arbitrary<string> {
  if (format === 'date-time') return times
  // Every now and then at its very end, which is where lengths are miscounted.
  const whole = fc.constant('x'.repeat(maxLength))
  const some = fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, 40) })
  const matching = pattern === undefined ? some : fc.stringMatching(new RegExp(pattern))
  return fc.oneof({ weight: 8, arbitrary: matching }, { weight: 1, arbitrary: whole })
}

/** The same value with one part of it replaced, left out, or joined by what nobody asked for. */
export const spoiled = (values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc
    .tuple(values, fc.nat(), fc.constantFrom('replace', 'replace', 'remove', 'add'), hostileValue)
    .map(([value, where, how, other]) => {
      const holders = holdersOf(value)
      const holder = holders[where % Math.max(1, holders.length)]
      if (!holder) return other
      const [node, key] = holder
      if (how === 'remove' && !Array.isArray(node)) delete node[key]
      else node[how === 'add' && !Array.isArray(node) ? `${key}2` : key] = other
      return value
    })

type Node = Record<string, unknown>

/** Every place in a value, as what holds it and under which key. */
function holdersOf(value: unknown): (readonly [Node, string])[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, part]) => [[value as Node, key] as const, ...holdersOf(part)])
}
