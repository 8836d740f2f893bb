import { actionOf, expand, isWildcardOnly } from './actions.js'
import { parseArn } from './arn.js'
import { nearest } from './nearest.js'
import { refusalOf, sides, type Elsewhere, type Refusal } from './refusal.js'
import { regionNames, regionOf } from './regions.js'
import { fits, typesOf } from './resource-shape.js'
import type { Action } from './services.js'
import type { Narrowing, Statement } from './statement.js'

/** Where a session would work. */
export interface Place {
  /** The regions that the account has enabled. */
  readonly regions: readonly string[]
  /** For a sentence, `prod (123456789012)`. */
  readonly account: string
  /** All that the role allows there. */
  readonly ceiling: readonly Statement[]
  readonly elsewhere: readonly Elsewhere[]
}

/** What is wrong with a region that a resource names, in a sentence; undefined when nothing is. */
function regionFault(resource: string, { regions, account }: Place): string | undefined {
  const arn = parseArn(resource)
  if (!arn || arn.region === '' || /[*?]/.test(arn.region) || regions.includes(arn.region)) return undefined
  const region = regionOf(arn.region)
  const what = `${resource} is in the region ${arn.region}`
  if (!region) {
    const near = nearest(arn.region, [...regions, ...regionNames]) ?? ''
    return `${what}, which AWS does not have; the nearest is ${near}.`
  }
  if (region.partition !== arn.partition)
    return `${what}, which lies in the partition ${region.partition}, not in ${arn.partition}.`
  if (region.optIn) return `${what}, which has to be enabled first, and in ${account} it is not.`
  return `${what}, and Stint knows of none but ${regions.join(', ')} in ${account}.`
}

/** What the action acts on, in the words of AWS's formats. */
const formats = ({ on }: Action): string =>
  on
    .slice(0, 2)
    .map(({ type }) => `${type.name} (${type.arn})`)
    .join(' or ')

/** The ARN that was probably meant: the bucket of an object, the objects of a bucket. */
function meant(action: Action, resource: string): string | undefined {
  const bucket = resource.replace(/\/.*$/, '')
  return [bucket, `${resource}/*`].find((other) => other !== resource && fits(action, other))
}

function misfit(action: Action, item: Pick<Refusal, 'item' | 'kind'>, resource: string): Refusal {
  if (isWildcardOnly(action)) {
    const detail = `AWS looks at no resource for ${action.name}: it is allowed only in a statement on *, and naming ${resource} allows nothing.`
    return { ...item, detail, remedy: `Ask for ${action.name} on * alone, or leave this ${item.kind} out.` }
  }
  const named = parseArn(resource)
  const types = named ? typesOf(named, action.service).map(({ name }) => name) : []
  const detail = `${action.name} acts on ${formats(action)}, and ${resource} is ${types.length > 0 ? `of the kind ${types.join(' or ')}` : 'none'}; together they allow nothing.`
  const other = meant(action, resource)
  const remedy = `${other === undefined ? 'Name one of these instead' : `Did you mean ${other}? Name that`}, or leave this ${item.kind} out.`
  return { ...item, detail, remedy }
}

/**
 * A resource that none of its actions acts on. A statement on `*` holds any; where others name resources, those
 * are what it was meant to lie within.
 */
function unusable(item: string, action: Action, { ceiling, elsewhere }: Place): Refusal {
  const named = ceiling.filter(({ resources }) => !resources.includes('*'))
  const isHeld = named.some(({ resources }) => sides[1].language.within(item, resources))
  return named.length > 0 && !isHeld
    ? refusalOf(item, sides[1], named, elsewhere)
    : misfit(action, { item, kind: 'resource' }, item)
}

/** The documented actions of an asked one; none where AWS documents none, for then nothing is known of it. */
const known = (action: string): readonly Action[] => (action === '*' ? [] : expand(action))

/**
 * What lies within the ceiling and yet would allow nothing in AWS: a resource in a region that the account
 * does not have; an asked action none of whose resources is of a kind that it acts on; an asked resource
 * of a kind that none of its actions acts on. AWS would say no to such a session without saying which part.
 */
export function misfits(
  statements: readonly Statement[],
  asked: Narrowing,
  place: Place,
): readonly Refusal[] {
  if (!asked.resources) return []
  const resources = [...new Set(asked.resources)]
  const regions = resources.flatMap((item): readonly Refusal[] => {
    const detail = regionFault(item, place)
    const remedy = 'Correct the region, or leave this resource out.'
    return detail === undefined ? [] : [{ item, kind: 'resource', detail, remedy }]
  })
  if (regions.length > 0) return regions
  const idle = (asked.actions ?? []).flatMap((item): readonly Refusal[] => {
    const actions = known(item)
    const on = statements
      .filter((one) => one.actions.some((name) => name === item || actionOf(name) === actions[0]))
      .flatMap((one) => one.resources)
    const [action] = actions
    const [resource] = on
    const works = actions.some((one) => on.some((arn) => fits(one, arn)))
    return !action || resource === undefined || works
      ? []
      : [misfit(action, { item, kind: 'action' }, resource)]
  })
  const unused = resources.flatMap((item): readonly Refusal[] => {
    const names = statements.filter((one) => one.resources.includes(item)).flatMap((one) => one.actions)
    const actions = names.flatMap(known)
    const [action] = actions
    // An action that AWS does not document may act on anything.
    const works = names.some((name) => known(name).length === 0) || actions.some((one) => fits(one, item))
    return !action || works ? [] : [unusable(item, action, place)]
  })
  return idle.length > 0 ? idle : unused
}
