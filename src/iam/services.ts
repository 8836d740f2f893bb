import { globalKeys, services } from './service-data.js'

export type AccessLevel = 'Read' | 'Write' | 'List' | 'Tagging' | 'Permissions management'

/** A kind of resource that a service has. */
export interface ResourceType {
  readonly service: string
  readonly name: string
  /** Its ARNs, with `${Name}` for what varies: `arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`. */
  readonly arn: string
  /** Condition keys that requests on such a resource carry, `${TagKey}` for what varies. */
  readonly keys: readonly string[]
}

/** What AWS documents about one action ("Actions, resources, and condition keys for AWS services"). */
export interface Action {
  readonly service: string
  /** As policies write it, `dynamodb:GetItem`. */
  readonly name: string
  /** One or two: managing permissions and tagging are also `Write`. */
  readonly levels: readonly AccessLevel[]
  /** What it acts on. None: only a statement on the resource `*` has any effect on it. */
  readonly on: readonly { readonly type: ResourceType; readonly required: boolean }[]
  /** Condition keys of the action itself, and of the action on one of its resource types. */
  readonly keys: readonly string[]
}

export interface Service {
  readonly prefix: string
  /** For a person, `Amazon DynamoDB`. */
  readonly name: string
  /** By the name in lower case, `dynamodb:getitem`. */
  readonly actions: ReadonlyMap<string, Action>
  readonly resourceTypes: readonly ResourceType[]
  /** The service's own condition keys with their types (`String`, `ArrayOfString`, `ARN`, `Bool`, ...). */
  readonly keys: ReadonlyMap<string, string>
}

/** As scripts/iam-index.mjs packs it. Numbers are places in `k`, `s` and `r`; see there for the complements. */
interface Packed {
  readonly n: string
  readonly k: readonly (string | readonly [key: string, type: string])[]
  readonly s: readonly (readonly number[])[]
  readonly r: readonly (readonly [name: string, arn: string, keys: number])[]
  readonly a: readonly (readonly [name: string, levels: string, keys: number, ...on: number[]])[]
}

const levels: Readonly<Record<string, AccessLevel>> = {
  R: 'Read',
  W: 'Write',
  L: 'List',
  T: 'Tagging',
  P: 'Permissions management',
}

function at<T>(list: readonly T[], place: number): T {
  const item = list[place]
  if (item === undefined) throw new Error('src/iam/service-data.ts is broken: run `npm run iam-index`')
  return item
}

function unpack(prefix: string, text: string): Service {
  const packed = JSON.parse(text) as Packed
  const keys = packed.k.map((key) =>
    typeof key === 'string' ? ([key, globalKeys[key] ?? 'String'] as const) : key,
  )
  const sets = packed.s.map((set) => set.map((place) => at(keys, place)[0]))
  const resourceTypes = packed.r.map(([name, arn, set]) => ({
    service: prefix,
    name,
    arn,
    keys: at(sets, set),
  }))
  const actions = packed.a.map(([name, letters, set, ...on]): Action => ({
    service: prefix,
    name: `${prefix}:${name}`,
    levels: [...letters].flatMap((letter) => levels[letter] ?? []),
    on: on.map((place) => ({ type: at(resourceTypes, place < 0 ? ~place : place), required: place >= 0 })),
    keys: at(sets, set),
  }))
  return {
    prefix,
    name: packed.n,
    actions: new Map(actions.map((action) => [action.name.toLowerCase(), action])),
    resourceTypes,
    keys: new Map(keys),
  }
}

/** Each service is unpacked when it is first asked for, and kept: a command pays for what it looks up. */
const unpacked = new Map<string, Service>()

/** The prefixes of every service that AWS documents, in order. */
export const prefixes: readonly string[] = Object.keys(services)

/** A service by its prefix, without regard to case; undefined when AWS documents none. */
export function serviceOf(prefix: string): Service | undefined {
  const name = prefix.toLowerCase()
  const text = Object.hasOwn(services, name) ? services[name] : undefined
  if (text === undefined) return undefined
  const service = unpacked.get(name) ?? unpack(name, text)
  unpacked.set(name, service)
  return service
}
