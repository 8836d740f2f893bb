import { matches } from './pattern.js'
import { globalKeys } from './service-data.js'
import { prefixes, serviceOf, type Action, type Service } from './services.js'

const prefixOf = (action: string): string => action.slice(0, Math.max(0, action.indexOf(':')))

/** The action of that name, without regard to case; undefined when AWS documents none. */
export const actionOf = (name: string): Action | undefined =>
  serviceOf(prefixOf(name))?.actions.get(name.toLowerCase())

/** The services that an action pattern can reach: one, or all of them for `*` and `*:...`. */
function servicesOf(pattern: string): readonly Service[] {
  const prefix = prefixOf(pattern)
  const named = pattern === '*' || prefix === '*' ? prefixes : [prefix]
  return named.flatMap((name) => serviceOf(name) ?? [])
}

/**
 * The documented actions that a pattern such as `s3:Get*` matches, by name; none for a service that AWS
 * does not document. AWS may have actions that it documents only later: what must hold for every
 * action cannot be concluded from this list, only what must hold for each that is in it.
 */
export function expand(pattern: string): readonly Action[] {
  const exact = actionOf(pattern)
  if (exact) return [exact]
  return servicesOf(pattern).flatMap(({ actions }) =>
    [...actions.values()].filter(({ name }) => matches(pattern, name, { fold: true })),
  )
}

/** Whether AWS looks at no resource for it: a statement that names any other than `*` does not allow it. */
export const isWildcardOnly = ({ on }: Action): boolean => on.length === 0

/** Every condition key that a request for it may carry beside the global ones, `${TagKey}` for what varies. */
export const conditionKeysOf = ({ keys, on }: Action): readonly string[] => [
  ...new Set([...keys, ...on.flatMap(({ type }) => type.keys)]),
]

/** Keys are compared without regard to case; `${TagKey}` in a documented key stands for any text. */
function sameKey(documented: string, key: string): boolean {
  return matches(documented.replace(/\$\{[^}]*\}/g, '?*'), key, { fold: true })
}

/** Whether `key` is one of the `documented` ones. */
export const isKeyAmong = (documented: Iterable<string>, key: string): boolean =>
  [...documented].some((one) => sameKey(one, key))

/** Where keys are documented whose prefix is no service's: those of token issuers stand under sts. */
const foreign = ['sts', 'sso', 'aws-marketplace']

/** Of any OIDC issuer (IAM user guide, "Available keys for AWS OIDC federation"). */
const issuersOwn = /^[^:]+\.[^:]+:(amr|aud|email|oaud|sub)$/i

/**
 * The type of a condition key (`String`, `ArrayOfString`, `ARN`, `ArrayOfARN`, `Bool`, `ArrayOfBool`, `Date`,
 * `Numeric`, `IPAddress`), global or of a service; undefined when AWS documents no such key.
 */
export function keyType(key: string): string | undefined {
  const owner = serviceOf(prefixOf(key))
  const owners = owner ? [owner] : foreign.flatMap((prefix) => serviceOf(prefix) ?? [])
  const documented = [...Object.entries(globalKeys), ...owners.flatMap(({ keys }) => [...keys])]
  const found = documented.find(([name]) => sameKey(name, key))
  return found?.[1] ?? (issuersOwn.test(key) ? 'String' : undefined)
}
