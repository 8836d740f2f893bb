import { actionFault, sameAction } from './action.js'
import { expand } from './actions.js'
import { arnFault } from './arn.js'
import { contains, type Gap } from './containment.js'
import { actionLanguage, resourceLanguage, type Language } from './coverage.js'
import { policyOf } from './document.js'
import { nearest } from './nearest.js'
import { limit } from './session-policy.js'
import type { Narrowing, Statement } from './statement.js'

/** An asked item that cannot be had, and what to ask for instead. */
export interface Refusal {
  /** The action or resource as asked, or the name of the list where the list itself is at fault. */
  readonly item: string
  readonly kind: 'action' | 'resource'
  readonly detail: string
  readonly remedy: string
}

type Narrowed =
  | { readonly ok: true; readonly statements: readonly Statement[] }
  | { readonly ok: false; readonly refusals: readonly Refusal[] }

interface Side {
  readonly kind: Refusal['kind']
  readonly field: 'actions' | 'resources'
  readonly other: 'actions' | 'resources'
  readonly fault: (item: string) => string | undefined
  readonly language: Language
  readonly same: (a: string, b: string) => boolean
}

const sides: readonly [Side, Side] = [
  {
    kind: 'action',
    field: 'actions',
    other: 'resources',
    fault: actionFault,
    language: actionLanguage,
    same: sameAction,
  },
  {
    kind: 'resource',
    field: 'resources',
    other: 'actions',
    fault: arnFault,
    language: resourceLanguage,
    same: Object.is,
  },
]

const unique = (items: readonly string[], same: Side['same']): readonly string[] =>
  items.filter((item, i) => items.findIndex((other) => same(item, other)) === i)

/** For a sentence: the first three, and how many more. */
const some = (items: readonly string[]): string =>
  items.slice(0, 3).join(', ') + (items.length > 3 ? ` and ${items.length - 3} more` : '')

/** What is wrong with an asked list in itself, before anything is compared. */
function listRefusals(items: readonly string[], { kind, field, fault }: Side): readonly Refusal[] {
  if (items.length === 0) {
    const remedy = `Leave "${field}" out to get all that the role allows, or name at least one.`
    return [{ item: field, kind, detail: `The list of ${field} is empty.`, remedy }]
  }
  // More could never be issued, and comparing it would cost time.
  if (items.reduce((sum, item) => sum + JSON.stringify(item).length, 0) > limit) {
    const detail = `The list of ${field} is longer than the ${limit} characters of a whole session policy.`
    return [{ item: field, kind, detail, remedy: `Ask for fewer ${field}, or use wildcards.` }]
  }
  return items.flatMap((item) => {
    const detail = fault(item)
    return detail === undefined
      ? []
      : [{ item, kind, detail, remedy: `Correct this ${kind}, or leave it out.` }]
  })
}

/** Why `item`, well-formed, ended in no statement. */
function refusal(
  item: string,
  { kind, field, other, language }: Side,
  ceiling: readonly Statement[],
): Refusal {
  const allowed = ceiling.flatMap((statement) => statement[field])
  const holders = ceiling.filter((statement) => language.within(item, statement[field]))
  if (holders.length > 0) {
    const partners = some(holders.flatMap((statement) => statement[other]))
    const detail = `The role allows ${item} only together with the ${other} ${partners}, and none of the ${other} asked for lies within those.`
    return { item, kind, detail, remedy: `Ask for ${other} within those as well, or leave this ${kind} out.` }
  }
  const near = nearest(item, allowed)
  const detail = `${item} does not provably lie within the ${field} that the role allows`
  if (near === undefined) return { item, kind, detail: `${detail}.`, remedy: `Leave this ${kind} out.` }
  return {
    item,
    kind,
    detail: `${detail}; the nearest of them is ${near}.`,
    remedy: `Ask for something within that, or leave this ${kind} out.`,
  }
}

/**
 * An asked action as the ceiling can hold it: as it is where one statement holds all of it; else, for a
 * pattern, the actions that it stands for today, provided that each of them is held. What AWS adds
 * to the pattern tomorrow was not allowed, so the names take its place.
 */
function heldActions(action: string, ceiling: readonly Statement[]): readonly string[] {
  const isHeld = (name: string): boolean =>
    ceiling.some(({ actions }) => actionLanguage.within(name, actions))
  if (isHeld(action) || !/^[^*?]+:.*[*?]/.test(action)) return [action]
  const names = expand(action).map(({ name }) => name)
  return names.length > 0 && names.every(isHeld) ? names : [action]
}

/**
 * The part of a ceiling that was asked for. Each ceiling statement is taken on its own: the asked actions
 * provably within its actions, on the asked resources provably within its resources, under
 * its conditions. A list that is absent is the ceiling's own; an asked item that no statement can use is
 * refused, with the nearest that could have been had.
 */
export function narrow(ceiling: readonly Statement[], wanted: Narrowing): Narrowed {
  const malformed = sides.flatMap((side) => {
    const items = wanted[side.field]
    return items === undefined ? [] : listRefusals(items, side)
  })
  if (malformed.length > 0) return { ok: false, refusals: malformed }
  const actions = wanted.actions?.flatMap((action) => heldActions(action, ceiling))
  const asked: Narrowing = { ...wanted, ...(actions && { actions }) }

  const statements = new Map<string, Statement>()
  for (const statement of ceiling) {
    const [actions = [], resources = []] = sides.map(({ field, language, same }) => {
      const items = asked[field]?.filter((item) => language.within(item, statement[field]))
      return unique(items ?? statement[field], same)
    })
    if (actions.length === 0 || resources.length === 0) continue
    const narrowed = { ...statement, actions, resources }
    statements.set(JSON.stringify(narrowed), narrowed)
  }

  const used = [...statements.values()]
  const refusals = sides.flatMap((side) =>
    unique(asked[side.field] ?? [], side.same)
      .filter(
        (item) => !used.some((statement) => statement[side.field].some((taken) => side.same(item, taken))),
      )
      .map((item) => refusal(item, side, ceiling)),
  )
  if (refusals.length > 0) return { ok: false, refusals }
  if (used.length > 0) return { ok: true, statements: used }
  const detail = 'The role allows no action.'
  return {
    ok: false,
    refusals: [{ item: 'actions', kind: 'action', detail, remedy: 'Ask for another role.' }],
  }
}

/** Why a gap is one, in a sentence. */
function sentence({ action, resource, because }: Gap): string {
  const what = `${action} on ${resource}`
  if (because.kind === 'condition')
    return `${what} is allowed only where ${because.operator} holds of ${because.key}, which is not proved.`
  return `${what} no longer lies within what the role allows.`
}

/**
 * Whether each action on each resource of each statement provably lies within the ceiling, under at least
 * its conditions. Nothing at all counts as not contained.
 */
export function contained(
  statements: readonly Statement[],
  ceiling: readonly Statement[],
): { readonly ok: true } | { readonly ok: false; readonly detail: string } {
  if (statements.length === 0) return { ok: false, detail: 'Nothing was agreed.' }
  if (statements.some(({ actions, resources }) => actions.length === 0 || resources.length === 0))
    return { ok: false, detail: 'A statement names no action or no resource.' }
  const proof = contains(policyOf(ceiling), policyOf(statements))
  return proof.ok ? proof : { ok: false, detail: sentence(proof.gap) }
}
