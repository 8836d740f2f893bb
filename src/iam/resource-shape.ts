import { isWildcardOnly } from './actions.js'
import { parseArn, type Arn } from './arn.js'
import { overlaps } from './pattern.js'
import { serviceOf, type Action, type ResourceType } from './services.js'

const parts = ['partition', 'service', 'region', 'account', 'resource'] as const

/** The ARNs of a kind of resource, as patterns; a few kinds have several, with commas between. */
export const formatsOf = ({ arn }: ResourceType): readonly Arn[] =>
  arn.split(/,\s*/).flatMap((format) => parseArn(format.replace(/\$\{[^}]*\}/g, '*')) ?? [])

const meet = (format: Arn, arn: Arn): boolean => parts.every((part) => overlaps(arn[part], format[part]))

/**
 * The kinds of a service's resources that an ARN pattern can name. A bucket of S3 is any name, and so would
 * be an object's: a name alone stands for none with a slash in it where another kind has one. Beyond that
 * the formats are taken widely, since the data is not whole for every service.
 */
export function typesOf(arn: Arn, service: string): readonly ResourceType[] {
  const able = (serviceOf(service)?.resourceTypes ?? []).filter((type) =>
    formatsOf(type).some((format) => meet(format, arn)),
  )
  if (!arn.resource.includes('/')) return able
  const structured = able.filter((type) => formatsOf(type).some(({ resource }) => resource !== '*'))
  return structured.length > 0 ? structured : able
}

/**
 * Whether a statement on this resource can have any effect on the action, as AWS documents both: `*`
 * always; of an ARN, where it can name a kind of resource that the action acts on.
 */
export function fits(action: Action, resource: string): boolean {
  if (resource === '*') return true
  const arn = parseArn(resource)
  if (!arn || isWildcardOnly(action)) return false
  const types = typesOf(arn, action.service)
  return action.on.some(({ type }) => types.includes(type))
}
