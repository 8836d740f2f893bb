import { actionFault, sameAction } from './action.js'
import { actionOf, expand } from './actions.js'
import { arnFault } from './arn.js'
import { difference } from './arn-difference.js'
import { actionLanguage, resourceLanguage, type Language } from './coverage.js'
import { nearest } from './nearest.js'
import { serviceOf } from './services.js'
import { limit } from './session-policy.js'
import type { Statement } from './statement.js'

/** An asked item that cannot be had, and what to ask for instead. */
export interface Refusal {
  /** The action or resource as asked, or the name of the list where the list itself is at fault. */
  readonly item: string
  readonly kind: 'action' | 'resource'
  readonly detail: string
  readonly remedy: string
}

/** What another role that the asker may ask for allows. */
export interface Elsewhere {
  readonly role: string
  readonly ceiling: readonly Statement[]
}

/** One of the two lists that an ask narrows by. */
export interface Side {
  readonly kind: Refusal['kind']
  readonly field: 'actions' | 'resources'
  readonly other: 'actions' | 'resources'
  readonly fault: (item: string) => string | undefined
  readonly language: Language
  readonly same: (a: string, b: string) => boolean
}

export const sides: readonly [Side, Side] = [
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

/** For a sentence: the first three, and how many more. */
const some = (items: readonly string[]): string =>
  items.slice(0, 3).join(', ') + (items.length > 3 ? ` and ${items.length - 3} more` : '')

/** What is wrong with an asked list in itself, before anything is compared. */
export function listRefusals(items: readonly string[], { kind, field, fault }: Side): readonly Refusal[] {
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

/** What AWS documents about an asked action that may be the reason why nothing allows it, in a sentence. */
function actionNote(action: string, allowed: readonly string[]): string {
  if (action === '*') return ''
  if (/[*?]/.test(action)) {
    const names = expand(action).map(({ name }) => name)
    const missing = names.filter((name) => !actionLanguage.within(name, allowed))
    return missing.length > 0 && missing.length < names.length
      ? ` It also stands for ${some(missing)}, which the role does not allow.`
      : ''
  }
  const service = serviceOf(action.split(':')[0] ?? '')
  if (!service || actionOf(action)) return ''
  const near = nearest(
    action,
    [...service.actions.values()].map(({ name }) => name),
  )
  return ` AWS documents no such action; the nearest is ${near}.`
}

/** What the difference is to the nearest resource that could be had, in a sentence. */
function resourceNote(resource: string, near: string): string {
  const apart = difference(resource, near)
  return apart === undefined ? '' : ` In ${resource}, ${apart}.`
}

/** What leads to another role: one that allows the item, or has the nearest to it; else nothing. */
function otherRole(
  item: string,
  { field, language }: Side,
  near: string | undefined,
  roles: readonly Elsewhere[],
): string {
  const able = roles.find(({ ceiling }) => ceiling.some((one) => language.within(item, one[field])))
  if (able) return `Ask for the role ${able.role}, which allows it. `
  const theirs = roles.flatMap(({ ceiling }) => ceiling.flatMap((one) => one[field]))
  const closest = nearest(item, [...(near === undefined ? [] : [near]), ...theirs])
  const owner = roles.find(({ ceiling }) =>
    ceiling.some((one) => one[field].some((other) => other === closest)),
  )
  return closest === near || !owner ? '' : `The role ${owner.role} allows ${closest}. `
}

/** Why `item`, well-formed, ended in no statement of the ceiling. */
export function refusalOf(
  item: string,
  side: Side,
  ceiling: readonly Statement[],
  elsewhere: readonly Elsewhere[],
): Refusal {
  const { kind, field, other, language } = side
  const allowed = ceiling.flatMap((statement) => statement[field])
  const holders = ceiling.filter((statement) => language.within(item, statement[field]))
  if (holders.length > 0) {
    const partners = some(holders.flatMap((statement) => statement[other]))
    const detail = `The role allows ${item} only together with the ${other} ${partners}, and none of the ${other} asked for lies within those.`
    return { item, kind, detail, remedy: `Ask for ${other} within those as well, or leave this ${kind} out.` }
  }
  const near = nearest(item, allowed)
  const instead = otherRole(item, side, near, elsewhere)
  const detail = `${item} does not provably lie within the ${field} that the role allows`
  if (near === undefined)
    return { item, kind, detail: `${detail}.`, remedy: `${instead}Leave this ${kind} out.` }
  const note = kind === 'action' ? actionNote(item, allowed) : resourceNote(item, near)
  return {
    item,
    kind,
    detail: `${detail}; the nearest of them is ${near}.${note}`,
    remedy: `Did you mean ${near}? Ask for something within that. ${instead}Leave this ${kind} out otherwise.`,
  }
}
