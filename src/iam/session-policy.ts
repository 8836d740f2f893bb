import { lately } from '../lately.js'
import { actionFault } from './action.js'
import { arnFault } from './arn.js'
import { contains } from './containment.js'
import { parseDocument } from './document-read.js'
import { policyOf } from './document.js'
import { boundsFault, ending, latest, places, short, type Element } from './session-bounds.js'
import { shorten } from './shorten.js'
import { simplify } from './simplify.js'
import type { Bounds, Conditions, Statement } from './statement.js'

/** Characters of an inline session policy (STS API, AssumeRole, `Policy`); the SDK does not check it. */
export const limit = 2_048

export type Compiled =
  | {
      readonly ok: true
      readonly json: string
      readonly length: number
      /** How many of its characters its bounds take. */
      readonly bounds: number
    }
  | {
      readonly ok: false
      readonly detail: string
      /** Set when nothing but its length is wrong with it. */
      readonly tooLong?: true
    }

function shortConditions(conditions: Conditions): NonNullable<Element['Condition']> {
  return Object.fromEntries(
    Object.entries(conditions).map(([operator, keys]) => [
      operator,
      Object.fromEntries(Object.entries(keys).map(([key, values]) => [key, short(values)])),
    ]),
  )
}

const allow = ({ actions, resources, conditions = {} }: Statement): Element => ({
  Effect: 'Allow',
  Action: short(actions),
  Resource: short(resources),
  ...(Object.keys(conditions).length > 0 && { Condition: shortConditions(conditions) }),
})

function statementFault({ actions, resources, conditions = {} }: Statement): string | undefined {
  if (actions.length === 0 || resources.length === 0) return 'A statement names no action or no resource.'
  for (const action of actions) if (actionFault(action)) return actionFault(action)
  for (const resource of resources) if (arnFault(resource)) return arnFault(resource)
  // To AWS a negated operator over no value always holds.
  const empty = Object.values(conditions).some(
    (keys) => Object.keys(keys).length === 0 || Object.values(keys).some((values) => values.length === 0),
  )
  return empty ? 'A condition names no value.' : undefined
}

function statementsFault(statements: readonly Statement[]): string | undefined {
  if (statements.length === 0) return 'Nothing is allowed.'
  return statements.map(statementFault).find((fault) => fault !== undefined)
}

const sessionJson = (Statement: readonly Element[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement })

interface Draft {
  readonly json: string
  readonly allows: readonly Element[]
  /** Its bounds, but for the end of the session. */
  readonly places: readonly Element[]
  readonly bounds: number
}

function draft(statements: readonly Statement[], bounds: Bounds): Draft {
  const allows = statements.map(allow)
  const denied = places(statements, bounds)
  const denies = [ending(bounds.notAfter), ...denied]
  return {
    json: sessionJson([...allows, ...denies]),
    allows,
    places: denied,
    // Without the brackets around them, and with a comma before each.
    bounds: JSON.stringify(denies).length - 1,
  }
}

/** What does not fit, and which part of it to narrow, in sentences. */
function overflow({ json, allows, bounds }: Draft): string {
  const sizes = allows.map((element) => JSON.stringify(element).length)
  const largest = Math.max(...sizes)
  const { Action = [], Resource = [] } = allows[sizes.indexOf(largest)] ?? {}
  const what = `${[Action].flat().length} actions (${[Action].flat()[0]}, ...) on ${[Resource].flat().length} resources`
  return `With its bounds, which take ${bounds}, the session policy comes to ${json.length} characters; STS takes ${limit}. Its largest statement, ${what}, takes ${largest}: fewer or shorter actions, resources and conditions there, by ${json.length - limit} characters, would make it fit.`
}

/** Why a text must not be sent although it fits: not a policy to IAM, or not provably within what was asked. */
function textFault(json: string, asked: readonly Statement[]): string | undefined {
  const read = parseDocument(json, 'session')
  if (!read.ok) return read.faults.map(({ at, detail }) => `${at}: ${detail}`).join(' ')
  // A list may have been shortened to wildcards, which are proved by what AWS documents.
  const proof = contains(policyOf(asked), read.document, { documented: true })
  if (proof.ok) return undefined
  return `The compiled policy is not provably within what was asked: ${proof.gap.action} on ${proof.gap.resource}.`
}

type Fitted = { readonly ok: true; readonly draft: Draft } | Extract<Compiled, { ok: false }>

/** How many session policies are remembered: the same ones are asked for again and again. */
const fittings = lately<Fitted>(500)

function fit(statements: readonly Statement[], bounds: Bounds): Fitted {
  const fault = statementsFault(statements)
  if (fault !== undefined) return { ok: false, detail: fault }
  const simple = simplify(statements)
  let made = draft(simple, bounds)
  if (made.json.length > limit) {
    const shorter = simple.map((statement) => ({ ...statement, actions: shorten(statement.actions) }))
    made = draft(simplify(shorter), bounds)
  }
  if (made.json.length > limit) return { ok: false, detail: overflow(made), tooLong: true }
  const detail = textFault(made.json, statements)
  return detail === undefined ? { ok: true, draft: made } : { ok: false, detail }
}

/**
 * The session policy that allows what `statements` allow and nothing outside `bounds`: minified JSON of at
 * most 2,048 characters, in STS's alphabet. Statements are merged and what is subsumed is dropped; only where
 * it would not fit otherwise, lists of actions become wildcards that stand for the same documented ones.
 * Not ok, with sentences for a person, when that cannot be. What comes out is read again and proved to lie
 * within `statements`, for what it says is what AWS enforces. That is not done again for another end of the session:
 * a Deny of the same length in its place, which allows nothing.
 */
export function compile(statements: readonly Statement[], bounds: Bounds): Compiled {
  const fault = boundsFault(bounds)
  if (fault !== undefined) return { ok: false, detail: fault }
  const key = JSON.stringify([statements, bounds.regions, bounds.egress])
  const fitted = fittings(key, () => fit(statements, bounds))
  if (!fitted.ok) return fitted
  const { allows, places: denied, bounds: taken } = fitted.draft
  const json = sessionJson([...allows, ending(bounds.notAfter), ...denied])
  return { ok: true, json, length: json.length, bounds: taken }
}

/**
 * The bounds that `compile` would put beside `statements`, without a single Allow: the inline session policy to go
 * with a managed one that allows them. Several session policies add up to what any of them allows, less what
 * any of them denies (AWS, from practice; were AWS to take what all of them allow, this would allow nothing).
 */
export function compileBounds(statements: readonly Statement[], bounds: Bounds): Compiled {
  const fault = boundsFault(bounds) ?? statementsFault(statements)
  if (fault !== undefined) return { ok: false, detail: fault }
  const json = sessionJson([ending(bounds.notAfter), ...places(statements, bounds)])
  const read = parseDocument(json, 'session')
  if (!read.ok)
    return { ok: false, detail: read.faults.map(({ at, detail }) => `${at}: ${detail}`).join(' ') }
  return { ok: true, json, length: json.length, bounds: json.length }
}

/** Compiles with the longest time there is: what fits so will fit at each issue. */
export const worstCase = (statements: readonly Statement[], bounds: Omit<Bounds, 'notAfter'>): Compiled =>
  compile(statements, { ...bounds, notAfter: latest })

/** The same of the bounds alone. */
export const worstBounds = (statements: readonly Statement[], bounds: Omit<Bounds, 'notAfter'>): Compiled =>
  compileBounds(statements, { ...bounds, notAfter: latest })
