import './loopback-only.js'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApp, type App, type Surroundings } from '../../src/app.js'
import type { HttpLimits } from '../../src/http/limits.js'
import { startAwsService, type AwsService } from './aws-service.js'
import { filesOf, mustHoldNoSecret } from './canary.js'
import { startIdentityProvider, type IdentityProvider } from './identity-provider.js'
import { handClock, type HandClock } from './hand-clock.js'
import { startIam, type Iam } from './iam.js'
import type { PolicyJson } from './iam-evaluate.js'
import { startSts, stsActions, type Sts, type StsRole } from './sts.js'

export { handClock, type HandClock }

export const account = '123456789012'
export const roleArn = (name: string) => `arn:aws:iam::${account}:role/stint-${name}`
export const table = (name: string) => `arn:aws:dynamodb:us-east-1:${account}:table/${name}`

/** Everybody there is, by what their token says. */
export const people = {
  ana: { sub: 'ana', groups: ['engineers'] },
  ben: { sub: 'ben', groups: ['engineers'] },
  bo: { sub: 'bo', groups: ['leads', 'engineers'] },
  dan: { sub: 'dan', groups: ['leads'] },
  cy: { sub: 'cy', groups: ['audit'] },
  ola: { sub: 'ola', groups: ['platform'] },
  eve: { sub: 'eve', groups: [] },
} as const
export type Person = keyof typeof people

/** The issuers' part of the file; the rest is `rules`. */
const issuersYaml = (idp: IdentityProvider, ci: IdentityProvider, proxies: string) => `
issuers:
  - issuer: ${idp.issuer}
    directory: corp
    audience: stint
    claims: { subject: sub, groups: groups, keep: [team] }
  - issuer: ${ci.issuer}
    kind: workload
    audience: stint
    claims: { actor: actor, keep: [repository] }
    actors: { ana-dev: corp#ana, bo-dev: corp#bo }
    require: { owner: acme }
trustedProxies: [${proxies}]
`

/** What most tests run under: one role for all engineers, one that leads must agree to, one for CI. */
export const usualRules = `
networks: { office: [203.0.113.0/24] }
accounts: { "${account}": { name: prod, regions: [us-east-1, eu-west-1] } }
people: { auditors: { groups: [audit] }, operators: { groups: [platform] } }
roles:
  orders-debug:
    accounts: ["${account}"]
    arn: arn:aws:iam::{account}:role/stint-orders-debug
    who: [{ groups: [engineers] }, { claims: { repository: acme/orders } }]
    from: [office]
    window: { default: 1h, max: 4h }
    ceiling:
      - actions: [dynamodb:GetItem, dynamodb:Query]
        resources: ["arn:aws:dynamodb:us-east-1:{account}:table/orders*"]
  orders-repair:
    accounts: ["${account}"]
    arn: arn:aws:iam::{account}:role/stint-orders-repair
    who: [{ groups: [engineers] }, { claims: { repository: acme/orders } }]
    from: [office]
    window: { default: 1h, max: 2h }
    ticket: OPS-*
    ceiling:
      - actions: [dynamodb:PutItem]
        resources: ["arn:aws:dynamodb:us-east-1:{account}:table/orders"]
approvals:
  - name: repair
    when: role.name == "orders-repair"
    votes: 1
    by: { groups: [leads] }
    within: 30m
cost: { above: 1000000, by: { groups: [leads] }, stale: 3650d }
`

/** Trusts the broker with all it needs; may do more than any ceiling, so that only the session policy narrows. */
export const trustingRole: StsRole = {
  trust: { principals: [`arn:aws:iam::${account}:root`], allow: stsActions },
  maxSessionSeconds: 43_200,
  policy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'dynamodb:*', Resource: '*' }] },
}

/** May write policies only on roles whose boundary keeps it from widening them. */
export const boundary = `arn:aws:iam::${account}:policy/stint-boundary`
const revokerRole: StsRole = {
  ...trustingRole,
  policy: {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: ['iam:ListRolePolicies', 'iam:GetRolePolicy'], Resource: '*' },
      {
        Effect: 'Allow',
        Action: ['iam:PutRolePolicy', 'iam:DeleteRolePolicy', 'iam:AttachRolePolicy', 'iam:DetachRolePolicy'],
        Resource: '*',
        Condition: { StringEquals: { 'iam:PermissionsBoundary': boundary } },
      },
    ],
  },
}

/** An answer, read to its end. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The text as JSON; what a test looks into is for the test to know. */
  readonly body: Json
}

/** JSON that a test looks into without naming each shape. */
export interface Json {
  readonly [name: string]: Json & string & number & boolean & readonly Json[]
}

export interface Stint {
  readonly url: string
  readonly app: App
  readonly clock: HandClock
  readonly idp: IdentityProvider
  readonly ci: IdentityProvider
  readonly sts: Sts
  readonly iam: Iam
  readonly aws: AwsService
  readonly folder: string
  /** Every line that was logged. */
  readonly log: string[]
  /** The file that the next reload finds: the issuers' part, and `rules`. */
  config(): string
  /** The rules that the next reload finds. */
  rules: string
  token(person: Person | 'job'): string
  /** One HTTP exchange, by default from the office. `as` is a person, the CI job, a raw token, or nobody. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
  ask(as: Person | 'job', body: object, options?: CallOptions): Promise<Answer>
  /** Ends it all. Rejects when a secret that was minted is in its files, its log or its metrics. */
  close(): Promise<void>
}

export interface CallOptions {
  readonly as?: Person | 'job' | { readonly token: string }
  readonly body?: unknown
  readonly from?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export interface StintOptions {
  readonly rules?: string
  /** Managed policies that there are in AWS, by ARN. */
  readonly policies?: Readonly<Record<string, PolicyJson>>
  /** Where requests come through; callers that come straight from loopback need another. */
  readonly proxies?: string
  readonly change?: (surroundings: Surroundings) => Surroundings
}

const broker = {
  accessKeyId: 'AKIABROKERBROKERBROK',
  secretAccessKey: 'the-brokers-own-secret-key-000000000000',
}

/** Limits that no test meets by accident. */
const roomy: HttpLimits = {
  perMinute: { address: 1e6, asks: 1e6, votes: 1e6, searches: 1e6, reads: 1e6 },
  waits: { caller: 20, total: 100 },
}

/** The whole of Stint on loopback, with an identity provider, a CI issuer, STS and a service to try credentials on. */
export async function startStint({
  rules = usualRules,
  policies = {},
  proxies = '127.0.0.1/32',
  change = (same) => same,
}: StintOptions = {}): Promise<Stint> {
  const clock = handClock()
  const folder = mkdtempSync(join(tmpdir(), 'stint-test-'))
  const log: string[] = []
  const [idp, ci] = await Promise.all([
    startIdentityProvider({ now: clock }),
    startIdentityProvider({ now: clock }),
  ])
  const roles = {
    [roleArn('orders-debug')]: trustingRole,
    [roleArn('orders-repair')]: trustingRole,
    [roleArn('revoker')]: revokerRole,
  }
  const sts = await startSts({
    clock,
    signedAt: Date.now,
    roles,
    policies,
    broker: { ...broker, arn: `arn:aws:iam::${account}:user/stint`, allow: stsActions },
  })
  const nothing = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] }
  const iam = await startIam({ signedAt: Date.now, sts, broker: { ...broker, policy: nothing } })
  const aws = await startAwsService({ clock, sts, iam })

  const stint = { rules, config: () => issuersYaml(idp, ci, proxies) + stint.rules }
  const app = await startApp(
    change({
      readConfig: async () => stint.config(),
      env: {
        STINT_LISTEN: '127.0.0.1:0',
        STINT_STORE: join(folder, 'stint.db'),
        AWS_ENDPOINT_URL_STS: sts.url,
        AWS_ENDPOINT_URL_IAM: iam.url,
        AWS_REGION: 'us-east-1',
      },
      clock,
      random: randomBytes,
      fetch,
      sleep: async () => undefined,
      log: { write: (line) => void log.push(line) },
      stdout: { write: (line) => void log.push(line) },
      credentials: broker,
      limits: roomy,
    }),
  )

  const token = (who: Person | 'job') =>
    who === 'job'
      ? ci.idToken({
          sub: 'repo:acme/orders:ref:refs/heads/main',
          actor: 'ana-dev',
          repository: 'acme/orders',
          owner: 'acme',
        })
      : idp.token(people[who])

  async function call(
    method: string,
    path: string,
    { as, body, from, headers, signal }: CallOptions = {},
  ): Promise<Answer> {
    // No two requests at the same instant: ids then sort as they were made.
    clock.advance(1)
    const bearer = as === undefined ? undefined : typeof as === 'string' ? token(as) : as.token
    const response = await fetch(`${app.url}${path}`, {
      method,
      headers: {
        'x-forwarded-for': from ?? '203.0.113.7',
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(signal && { signal }),
      redirect: 'error',
    })
    const text = await response.text()
    const isJson =
      /json/.test(response.headers.get('content-type') ?? '') &&
      !/ndjson/.test(response.headers.get('content-type') ?? '')
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (isJson ? JSON.parse(text) : {}) as Json,
    }
  }

  return Object.assign(stint, {
    url: app.url,
    app,
    clock,
    idp,
    ci,
    sts,
    iam,
    aws,
    folder,
    log,
    token,
    call,
    ask: (as: Person | 'job', body: object, options: CallOptions = {}) =>
      call('POST', '/v1/grants', { as, body, ...options }),
    async close() {
      const metrics = await call('GET', '/metrics', { signal: AbortSignal.timeout(2_000) }).catch(
        () => undefined,
      )
      await app.close()
      await Promise.all([idp.close(), ci.close(), sts.close(), iam.close(), aws.close()])
      const files = filesOf(folder)
      rmSync(folder, { recursive: true, force: true })
      mustHoldNoSecret({ ...files, 'the log': log.join(''), 'the metrics': metrics?.text ?? '' })
    },
  })
}
