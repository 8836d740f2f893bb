import { Stop } from './stop.js'

/** What an answer must look like: a test of a value, an object of shapes, or a list of one shape. */
export type Shape = ((value: unknown) => boolean) | readonly [Shape] | { readonly [name: string]: Shape }

export const text = (value: unknown): value is string => typeof value === 'string'
export const number = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value)
export const flag = (value: unknown): boolean => typeof value === 'boolean'
export const ulid = (value: unknown): boolean => text(value) && /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(value)
export const time = (value: unknown): boolean => text(value) && Number.isFinite(Date.parse(value))
/** One of STS's words: nothing in it that a shell, a header or an environment would take for more. */
export const word = (value: unknown): boolean => text(value) && /^[\x21-\x7e]{1,8192}$/.test(value)
/** That which may be left out. */
export const maybe =
  (shape: Shape): Shape =>
  (value) =>
    value === undefined || fits(value, shape)

function fits(value: unknown, shape: Shape): boolean {
  if (typeof shape === 'function') return shape(value)
  if (Array.isArray(shape)) return Array.isArray(value) && value.every((item) => fits(item, shape[0]))
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.entries(shape).every(([name, inner]) =>
      fits(Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined, inner),
    )
  )
}

/** The answer as what it should be, if it has the shape of it; what else it has stays. Throws a `Stop`. */
export function read<T>(value: unknown, shape: Shape): T {
  if (fits(value, shape)) return value as T
  throw new Stop(
    'unreachable',
    'What answers there does not answer as a broker does. Is the address right (STINT_URL), and this stint recent?',
  )
}

const check: Shape = { check: text, ok: flag, detail: text, remedy: maybe(text) }
const requirement: Shape = { rule: text, votes: number, by: text, within: text }
const cost: Shape = { detail: text, unbounded: flag, agree: [text], under: maybe([text]), usd: maybe(number) }
const scope: Shape = {
  role: text,
  account: text,
  accountName: text,
  statements: [{ actions: [text], resources: [text] }],
  arn: text,
  regions: [text],
  window: text,
  lifetime: text,
}

export const decision: Shape = {
  outcome: text,
  checks: [check],
  requirements: [requirement],
  scope: maybe(scope),
  cost: maybe(cost),
}

export const grant: Shape = {
  id: ulid,
  version: number,
  state: text,
  role: text,
  account: maybe(text),
  accountName: maybe(text),
  asker: { subject: text, actor: maybe(text), address: maybe(text) },
  reason: maybe(text),
  ticket: maybe(text),
  scope: maybe(scope),
  decision,
  votes: maybe([{ voter: text, answer: text, at: time, reason: maybe(text) }]),
  issuances: maybe([{ id: ulid, state: text, accessKeyId: maybe(text), expiresAt: maybe(time) }]),
  createdAt: time,
  decideBy: maybe(time),
  activeAt: maybe(time),
  endsAt: maybe(time),
  closedAt: maybe(time),
  closedBy: maybe(text),
  closedReason: maybe(text),
  review: maybe({ state: text, reviewers: text, by: maybe(text), at: maybe(time), text: maybe(text) }),
  sessions: maybe({ until: time, aws: text, detail: text }),
}

export const credentials: Shape = {
  accessKeyId: word,
  secretAccessKey: word,
  sessionToken: word,
  expiresAt: time,
}

export const granted: Shape = { grant, credentials }
export const pending: Shape = { grant }
export const grantPage: Shape = { grants: [grant], next: maybe(ulid) }

const role: Shape = {
  name: text,
  description: maybe(text),
  who: text,
  from: [text],
  accounts: [{ id: text, name: text, regions: [text], approval: [text] }],
  limits: { window: { default: text, max: text }, lifetime: text },
  ticket: maybe(text),
  reason: { min: number, max: number },
}
export const roleList: Shape = { roles: [role] }

export const me: Shape = {
  subject: text,
  issuer: text,
  kind: text,
  groups: [text],
  actor: maybe(text),
  address: text,
  networks: [text],
  auditor: flag,
  operator: flag,
  expiresAt: time,
}

export const problem: Shape = {
  code: text,
  detail: text,
  checks: maybe([check]),
  decision: maybe(decision),
  grant: maybe(ulid),
}
