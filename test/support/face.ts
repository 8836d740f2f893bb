import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Test } from 'tap'
import { parse } from 'yaml'
import type { Entry } from '../../src/audit/event.js'
import type { Role } from '../../src/catalog/catalog.js'
import type { Block } from '../../src/decision/block.js'
import type { Decision, Scope } from '../../src/decision/decision.js'
import type { Broker } from '../../src/grant/broker.js'
import type { Grant, Snapshot } from '../../src/grant/grant.js'
import type { Credentials } from '../../src/grant/mint.js'
import type { Standing } from '../../src/grant/store.js'
import { ulids } from '../../src/grant/ulid.js'
import { defaultLimits, type HttpLimits } from '../../src/http/limits.js'
import { createMetrics } from '../../src/http/metrics.js'
import { buildServer } from '../../src/http/server.js'
import type { Verbs } from '../../src/http/verbs.js'
import { createWaits } from '../../src/http/waits.js'
import type { Issuer } from '../../src/identity/issuer.js'
import { parseRange, type Range } from '../../src/identity/network.js'

export const contract = readFileSync('openapi.yaml', 'utf8')
export const now = Date.parse('2026-11-22T10:00:00Z')
export const id = '01K9ZQ3T7M4V5W6X7Y8Z9A0B1D'
export const url = 'https://login.test'

const ajv = new Ajv2020({ strictTypes: false, validateFormats: false, allErrors: true })
ajv.addVocabulary(['x-must', 'openapi', 'info', 'servers', 'tags', 'security', 'paths', 'components'])
ajv.addSchema(parse(contract) as object, 'stint')

/** Holds a value against a schema of the contract, closed as it is there. */
export function conforms(t: Test, schema: string, value: unknown) {
  const validate = ajv.compile({ $ref: `stint#/components/schemas/${schema}` })
  t.equal(validate(value), true, `${schema}: ${ajv.errorsText(validate.errors)}`)
}

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const issuer: Issuer = {
  issuer: url,
  directory: url,
  kind: 'person',
  token: 'access',
  types: [],
  audience: 'stint',
  clients: [],
  claims: { subject: 'sub', groups: 'groups', keep: [] },
  require: {},
  algorithms: ['ES256'],
  jwks: `${url}/keys`,
  maxAge: 86_400_000,
}

/** An access token of the one issuer there is. */
export function token(subject: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const seconds = now / 1_000
  const text = `${part({ alg: 'ES256', typ: 'at+jwt', kid: 'k' })}.${part({
    iss: url,
    aud: 'stint',
    sub: subject,
    iat: seconds,
    exp: seconds + 3_600,
    groups: ['engineers'],
  })}`
  const signature = sign('sha256', Buffer.from(text), { key: keys.privateKey, dsaEncoding: 'ieee-p1363' })
  return `${text}.${signature.toString('base64url')}`
}
export const ann = token('ann')

const scope: Scope = {
  role: 'orders-debug',
  account: '123456789012',
  accountName: 'prod',
  arn: 'arn:aws:iam::123456789012:role/stint-orders-debug',
  statements: [{ actions: ['dynamodb:GetItem'], resources: ['*'], conditions: { Bool: { k: ['true'] } } }],
  regions: ['us-east-1'],
  egress: ['203.0.113.0/24'],
  window: 900_000,
  lifetime: 900_000,
}
export const decision: Decision = {
  outcome: 'allow',
  checks: [{ check: 'network', ok: false, detail: 'Not from here.', remedy: 'Use the VPN.' }],
  requirements: [{ rule: 'costly', votes: 1, by: 'group leads', within: 1_800_000, distinct: false }],
  scope,
  config: 'c0ffee',
  at: now,
}
const asker = {
  subject: `${url}#ann`,
  issuer: url,
  kind: 'person',
  groups: ['engineers'],
  claims: { secret: 'x' },
  address: '127.0.0.1',
} as const
export const grant: Grant = {
  id,
  version: 1,
  state: 'active',
  asker,
  ask: { role: 'orders-debug', reason: 'because', ticket: 'T-1' },
  scope,
  decision,
  createdAt: now,
  activeAt: now,
  endsAt: now + 900_000,
}
export const snapshot = (more: Partial<Grant> = {}): Snapshot => ({
  grant: { ...grant, ...more },
  votes: [{ grant: id, voter: { ...asker, subject: `${url}#bob` }, answer: 'yes', reason: 'ok', at: now }],
  issuances: [
    { id, grant: id, state: 'done', sessionName: 'ann', startedAt: now, accessKeyId: 'ASIA', attempts: 1 },
  ],
})
export const credentials: Credentials = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: `se'cr$(touch /tmp/owned)et`,
  sessionToken: 'tok`en"\\',
  expiresAt: now + 900_000,
}
const role = {
  name: 'orders-debug',
  from: 'any',
  targets: new Map([
    ['123456789012', { account: '123456789012', accountName: 'prod', regions: ['us-east-1'] }],
  ]),
  reason: { min: 5, max: 500 },
} as unknown as Role
export const entry: Entry = {
  seq: 7,
  at: now,
  kind: 'grant.active',
  by: `${url}#ann`,
  grant: id,
  text: '{"a":"b,c"}',
  leaf: 'ab'.repeat(32),
}

const block: Block = { id, version: 1, of: 'all', name: '', reason: 'lost laptop', by: `${url}#ann`, at: now }

/** Verbs that decide nothing: each answers with the fixtures above. */
export const stub: Verbs = {
  ask: async (_broker, _call, _ask, _key, present) => ({
    kind: 'active',
    id,
    answer: present(snapshot(), credentials),
  }),
  preview: async () => decision,
  issue: async (_broker, _call, _id, present) => present(snapshot(), credentials),
  vote: async () => snapshot(),
  signOff: async () => snapshot(),
  close: async () => snapshot(),
  revoke: async () => ({ block, closed: [id], aftermath: [] }),
  revocation: async () => ({
    block,
    closed: [],
    aftermath: [
      {
        arn: 'arn:aws:iam::123456789012:role/x',
        role: 'x',
        until: now,
        aws: 'due',
        fault: 'iam_throttled',
        detail: 'later',
      },
    ],
  }),
  lift: async () => ({ ...block, lifted: { by: `${url}#bob`, at: now, reason: 'found' } }),
  revocations: async () => ({ items: [block], next: id }),
  read: async () => snapshot(),
  search: async () => ({ items: [grant], next: id }),
  readEvents: async () => ({ items: [entry], next: 7 }),
  readCheckpoint: async () => ({
    size: 9,
    at: now,
    note: 'origin\n9\nroot\n\n— origin x\n',
    consistency: ['aGFzaA=='],
  }),
  listCheckpoints: async () => ({
    items: [{ size: 9, at: now, note: 'origin\n9\nroot\n\n— origin x\n' }],
    next: 9,
  }),
  proveEvent: async () => ({
    proof: { seq: 7, text: entry.text, path: ['aGFzaA=='] },
    checkpoint: { size: 9, at: now, note: 'origin\n9\nroot\n\n— origin x\n' },
  }),
  explainPolicy: () => ({
    sentences: ['May read in Amazon S3 (GetObject), on any resource.'],
    services: [{ prefix: 's3', name: 'Amazon S3', levels: ['Read'], statements: ['ceiling[0]'] }],
    regions: ['us-east-1'],
    until: now + 900_000,
    verdict: { verdict: 'allowed', by: ['ceiling[0]'], failed: [], detail: 'Allowed by ceiling[0].' },
  }),
  me: (_broker, { caller }) => ({ caller, networks: ['office'], auditor: false, operator: false }),
  link: async () => ({ user: 'T1/U1', name: 'ann', linked: true }),
  unlink: async () => ({ user: 'T1/U1', name: 'ann', linked: false }),
  roles: () => [
    {
      role,
      limits: { window: { default: 900_000, max: 14_400_000 }, lifetime: 900_000 },
      who: 'group engineers',
      approval: new Map([['123456789012', ['costly']]]),
    },
  ],
}

export interface FaceOptions {
  verbs?: Partial<Verbs>
  limits?: Partial<HttpLimits['perMinute']>
  waits?: HttpLimits['waits']
  probe?: () => Promise<void>
  recordHolds?: () => Promise<void>
  standing?: () => Standing
  proxies?: readonly string[]
  contract?: string
  log?: string[]
}

/** The face on stub verbs. Long polls end when `ring` is called, not by the clock. */
export async function face(t: Test, options: FaceOptions = {}) {
  const bells = new Set<() => void>()
  const waits = createWaits(options.waits ?? defaultLimits.waits, (_after, ring) => {
    bells.add(ring)
    return () => bells.delete(ring)
  })
  const metrics = createMetrics()
  let time = now
  const broker = {
    store: {
      probe: options.probe ?? (async () => {}),
      outbox: { backlog: async () => ({ waiting: 0, lag: 0 }) },
    },
    mint: { lastSeen: () => ({ at: now, ok: false, detail: 'secret detail' }) },
    clock: () => time,
    newId: ulids(randomBytes),
    changed: waits.changed,
    recordHolds: options.recordHolds ?? (async () => {}),
  } as unknown as Broker
  const jwk = { ...keys.publicKey.export({ format: 'jwk' }), kid: 'k', use: 'sig', alg: 'ES256' }
  const server = await buildServer({
    others: [],
    broker,
    verbs: { ...stub, ...options.verbs },
    issuers: [issuer],
    trustedProxies: (options.proxies ?? []).map((text) => parseRange(text) as Range),
    limits: { perMinute: { ...defaultLimits.perMinute, ...options.limits }, waits: defaultLimits.waits },
    fetch: async () => new Response(JSON.stringify({ keys: [jwk] })),
    recognise: async (caller) => caller,
    contract: options.contract ?? contract,
    log: options.log
      ? { level: 'debug', stream: { write: (line) => void options.log?.push(line) } }
      : { level: 'silent' },
    waits,
    metrics,
    traces: { register: async () => undefined },
    loaded: () => 'c0ffee',
    standing: () => options.standing?.(),
    socketOpen: () => undefined,
    sealingTrouble: () => undefined,
    sinks: [],
  })
  t.teardown(() => server.app.close())
  const call = (method: 'GET' | 'POST', path: string, body?: unknown, headers: Record<string, string> = {}) =>
    server.app.inject({
      method,
      url: path,
      headers: { authorization: `Bearer ${ann}`, ...headers },
      ...(body !== undefined && { payload: body as object }),
    })
  return { ...server, call, waits, metrics, bells, later: (ms: number) => (time += ms) }
}

/** A plain ask. */
export const wanted = { role: 'orders-debug', reason: 'because' }
