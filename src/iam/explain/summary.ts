import type { PolicyDocument, PolicyStatement } from '../document.js'
import { serviceOf, type AccessLevel } from '../services.js'
import { iso, type Instant } from '../../time.js'
import {
  actionWords,
  byService,
  conditionsWords,
  levelOrder,
  levelsOf,
  list,
  principalWords,
  resourcesWords,
} from './words.js'

/** What a policy lets one do in a service, at most. */
export interface ServiceSummary {
  readonly prefix: string
  /** For a person; `any service` for `*`. */
  readonly name: string
  readonly levels: readonly AccessLevel[]
  /** Pointers to the statements that allow it. */
  readonly statements: readonly string[]
}

export interface Summary {
  /** What it allows and denies, a statement a sentence, and then its bounds. */
  readonly sentences: readonly string[]
  readonly services: readonly ServiceSummary[]
  /** Nothing works outside these, but for services that have no region; absent: no such bound. */
  readonly regions?: readonly string[]
  /** Nothing works after it; absent: no such bound. */
  readonly until?: Instant
}

/** A Deny of everything, whatever is spared, under one condition: the form of Stint's own bounds. */
function bound(statement: PolicyStatement, operator: string, key: string): readonly string[] | undefined {
  const { effect, resources, actions, conditions = {} } = statement
  const all = effect === 'Deny' && !resources.negated && resources.patterns.includes('*')
  if (!all || (!actions.negated && !actions.patterns.includes('*'))) return undefined
  const keys = Object.entries(conditions[operator] ?? {}).find(([name]) => name.toLowerCase() === key)
  const others = Object.keys(conditions).filter((name) => name !== operator && name !== 'BoolIfExists')
  return others.length === 0 ? keys?.[1] : undefined
}

interface Bounds {
  readonly until?: Instant
  readonly regions?: readonly string[]
  readonly from?: readonly string[]
}

/** What one statement bounds; nothing when it is no bound. */
function boundsOf(statement: PolicyStatement): Bounds {
  const [until] = bound(statement, 'DateGreaterThan', 'aws:currenttime') ?? []
  const regions = bound(statement, 'StringNotEquals', 'aws:requestedregion')
  const from = bound(statement, 'NotIpAddress', 'aws:sourceip')
  const at = Date.parse(until ?? '')
  return {
    ...(!Number.isNaN(at) && !statement.actions.negated && { until: at }),
    ...(regions && { regions }),
    ...(from && { from }),
  }
}

const isBound = (bounds: Bounds): boolean => Object.keys(bounds).length > 0

function sentence(kind: PolicyDocument['kind'], statement: PolicyStatement): string {
  const { effect, actions, resources, conditions, principals } = statement
  const may = effect === 'Allow' ? 'may' : 'may never'
  const who = principals ? `${principalWords(principals)} ${may}` : effect === 'Allow' ? 'May' : 'May never'
  const on = kind === 'trust' ? '' : `, on ${resourcesWords(resources)}`
  const does = kind === 'trust' ? list(actions.patterns) : actionWords(actions)
  const when = conditionsWords(conditions)
  return `${who} ${does}${on}${when === '' ? '' : `, if ${when}`}.`
}

function boundSentences(all: readonly Bounds[]): readonly string[] {
  const until = all.flatMap((bounds) => bounds.until ?? [])
  const sentences = all.flatMap(({ regions, from }) => [
    ...(regions ? [`Nothing works outside ${list(regions)}, but for services that have no region.`] : []),
    ...(from
      ? [`Nothing works from addresses outside ${list(from)}, but for what AWS does on one's behalf.`]
      : []),
  ])
  return until.length > 0 ? [...sentences, `Nothing works after ${iso(Math.min(...until))}.`] : sentences
}

function servicesOf(statements: readonly PolicyStatement[]): readonly ServiceSummary[] {
  const found = new Map<string, { patterns: string[]; statements: string[] }>()
  for (const { at, effect, actions } of statements) {
    if (effect !== 'Allow') continue
    for (const [prefix, patterns] of byService(actions.negated ? ['*'] : actions.patterns)) {
      const service = found.get(prefix) ?? { patterns: [], statements: [] }
      found.set(prefix, {
        patterns: [...service.patterns, ...patterns],
        statements: [...service.statements, at],
      })
    }
  }
  return [...found].map(([prefix, { patterns, statements: by }]) => ({
    prefix,
    name: prefix === '*' ? 'any service' : (serviceOf(prefix)?.name ?? prefix),
    // To look every service up would cost more than the answer is worth: all of them have them all.
    levels: prefix === '*' ? levelOrder : levelsOf(patterns),
    statements: by,
  }))
}

/** Says what a policy allows, in sentences and by service, with its bounds of time, region and address told apart. */
export function summarise({ kind, statements }: PolicyDocument): Summary {
  const told = statements.map((statement) => ({ statement, bounds: boundsOf(statement) }))
  const bounds = told.map((one) => one.bounds).filter(isBound)
  const until = bounds.flatMap((one) => one.until ?? [])
  const regions = bounds.flatMap((one) => (one.regions ? [one.regions] : []))
  const [first] = regions
  return {
    sentences: [
      ...told.filter((one) => !isBound(one.bounds)).map(({ statement }) => sentence(kind, statement)),
      ...boundSentences(bounds),
    ],
    services: kind === 'trust' ? [] : servicesOf(statements),
    ...(first && { regions: first.filter((region) => regions.every((some) => some.includes(region))) }),
    ...(until.length > 0 && { until: Math.min(...until) }),
  }
}
