import { Environment, type ASTNode } from '@marcbachmann/cel-js'
import { Duration as CelDuration } from '@marcbachmann/cel-js/evaluator'
import { glob, overlaps } from '../iam/pattern.js'
import type { Expression, View } from './expression.js'
import { opaqueFault, structureFault, variablesOf } from './expression-fault.js'

/** What every expression sees, in CEL's types. `list<string>` and so on are checked when the file is loaded. */
const schemas = {
  caller: {
    subject: 'string',
    issuer: 'string',
    kind: 'string',
    groups: 'list<string>',
    actor: 'string',
    claims: 'map<string, dyn>',
    address: 'string',
    networks: 'list<string>',
  },
  role: { name: 'string', account: 'string', accountName: 'string' },
  ask: {
    reason: 'string',
    ticket: 'string',
    window: 'google.protobuf.Duration',
    actions: 'Asked',
    resources: 'Asked',
    regions: 'list<string>',
  },
  cost: {
    usd: 'double',
    unbounded: 'bool',
    unpriced: 'list<string>',
    recent: {
      person: { usd: 'double' },
      role: { usd: 'double' },
      account: { usd: 'double' },
      all: { usd: 'double' },
    },
    concerns: 'list<string>',
  },
} as const

/**
 * Actions or resources of an ask. They have no text for an expression to compare: an asker chooses among many
 * spellings of one thing, by wildcards and, in actions, by case. Wildcards of resources are taken over the whole
 * ARN, as wide as they can be meant.
 */
class Asked {
  readonly touch: (pattern: string) => boolean

  constructor(items: readonly string[], options: { readonly fold: boolean }) {
    this.touch = (pattern) => items.some((item) => overlaps(item, pattern, options))
  }
}

/** Characters of an expression; what is longer cannot be reviewed. */
const longest = 2_000

const environment = new Environment({
  unlistedVariablesAreDyn: false,
  enableOptionalTypes: false,
  limits: { maxAstNodes: 400, maxDepth: 24, maxListElements: 100, maxMapEntries: 50, maxCallArguments: 8 },
})
  .registerType('Asked', { ctor: Asked, fields: {} })
  .registerVariable({ name: 'caller', schema: schemas.caller })
  .registerVariable({ name: 'role', schema: schemas.role })
  .registerVariable({ name: 'ask', schema: schemas.ask })
  .registerVariable({ name: 'cost', schema: schemas.cost })
  .registerVariable('time', 'google.protobuf.Timestamp')
  .registerFunction('glob(string, string): bool', (text: string, pattern: string) => glob(pattern, text))
  .registerFunction('Asked.touch(string): bool', (asked: Asked, pattern: string) => asked.touch(pattern))

/**
 * Compiles a CEL expression over `View`: type-checked, and a boolean for certain. `glob(text, pattern)` takes the place of `matches`; `ask.actions` and `ask.resources`
 * have only `touch(pattern)`: whether something asked and the pattern may mean the same. What is wrong with it
 * comes back as a sentence.
 */
export function compileExpression(source: string): Expression | { readonly fault: string } {
  if (source.length > longest) return { fault: `must be at most ${longest} characters long` }
  const parsed = attempt(source)
  if ('fault' in parsed) return parsed
  const compares = opaqueFault(parsed.ast)
  if (compares !== undefined) return { fault: compares }
  const checked = parsed.check()
  if (!checked.valid) return { fault: typeFault(summary(checked.error)) }
  if (checked.type !== 'bool') {
    const hint = checked.type === 'dyn' ? '; compare the claim, as in caller.claims.vip == true' : ''
    return { fault: `must come to true or false, but comes to ${checked.type ?? 'something else'}${hint}` }
  }
  const fault = structureFault(parsed.ast)
  if (fault !== undefined) return { fault }
  return Object.freeze({
    source,
    reads: Object.freeze(variablesOf(parsed.ast)),
    test(scope: View): boolean {
      const value: unknown = parsed(contextOf(scope))
      // A promise, or anything else that is no boolean, is no answer.
      if (typeof value !== 'boolean')
        throw new Error(`The expression ${source} did not come to true or false.`)
      return value
    },
  })
}

type Parsed = ((context: Readonly<Record<string, unknown>>) => unknown) & {
  readonly ast: ASTNode
  check(): ReturnType<Environment['check']>
}

function attempt(source: string): Parsed | { readonly fault: string } {
  try {
    return environment.parse(source)
  } catch (error) {
    return { fault: `is not an expression: ${summary(error)}` }
  }
}

/** The library's one-line account, without its drawing of the place. */
function summary(error: unknown): string {
  const told = error as { readonly summary?: unknown; readonly message?: unknown } | undefined
  return String(told?.summary ?? told?.message ?? 'it cannot be read').split('\n', 1)[0] ?? ''
}

function typeFault(text: string): string {
  const unknown = /^Unknown variable: (.+)$/.exec(text)?.[1]
  if (unknown !== undefined) return `uses ${unknown}; an expression sees caller, role, ask, cost and time`
  return `does not type-check: ${text}`
}

/** NaN compares as false with everything, a silent no that may mean a yes: it must never get in. */
function contextOf({ caller, role, ask, cost, time }: View): Readonly<Record<string, unknown>> {
  for (const value of [
    ask.window,
    time,
    cost.usd,
    ...Object.values(cost.recent).map(({ usd }) => usd),
    ...Object.values(caller.claims),
  ]) {
    if (Number.isNaN(value)) throw new Error('A value that the expression may look at is not a number.')
  }
  return {
    caller,
    role,
    ask: {
      ...ask,
      window: CelDuration.fromMilliseconds(ask.window),
      actions: new Asked(ask.actions, { fold: true }),
      resources: new Asked(ask.resources, { fold: false }),
    },
    cost,
    time: new Date(time),
  }
}
