import { contains, type Gap } from './containment.js'
import { expand } from './actions.js'
import { actionLanguage } from './coverage.js'
import { policyOf } from './document.js'
import { listRefusals, refusalOf, sides, type Elsewhere, type Refusal, type Side } from './refusal.js'
import type { Narrowing, Statement } from './statement.js'

type Narrowed =
  | { readonly ok: true; readonly statements: readonly Statement[] }
  | { readonly ok: false; readonly refusals: readonly Refusal[] }

const unique = (items: readonly string[], same: Side['same']): readonly string[] =>
  items.filter((item, i) => items.findIndex((other) => same(item, other)) === i)

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
 * refused, with the nearest that could have been had, here or in the other roles that the asker may ask for.
 */
export function narrow(
  ceiling: readonly Statement[],
  wanted: Narrowing,
  elsewhere: readonly Elsewhere[] = [],
): Narrowed {
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
      .map((item) => refusalOf(item, side, ceiling, elsewhere)),
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
