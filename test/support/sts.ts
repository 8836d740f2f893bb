import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { deflateRawSync } from 'node:zlib'
import type { Clock } from '../../src/time.js'
import { createGate, type Hold } from './gate.js'
import type { PolicyJson } from './iam-evaluate.js'
import { verify, type Keys, type Wire } from './sigv4.js'
import { readAssumeRole, StsError, type AssumeRole } from './sts-parameters.js'
import { makeSession, type StsSession } from './sts-session.js'
import { answerXml, errorXml, identityXml } from './sts-xml.js'
import { listen, readWire } from './wire.js'

export type StsAction = 'sts:AssumeRole' | 'sts:TagSession' | 'sts:SetSourceIdentity'
export const stsActions: readonly StsAction[] = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']

export interface StsRole {
  readonly trust: {
    /** ARNs of who may assume it: a principal, an account's `:root`, or `*`. */
    readonly principals: readonly string[]
    readonly externalId?: string
    readonly allow: readonly StsAction[]
  }
  readonly maxSessionSeconds: number
  /** What the role itself may do. */
  readonly policy: PolicyJson
}

/** The identity that calls: with a session token it is a role itself, and its sessions are chained. */
export interface StsBroker extends Keys {
  readonly arn: string
  readonly allow: readonly StsAction[]
}

export interface StsOptions {
  readonly clock: Clock
  /** By which signatures are judged, where that is another: the SDK signs by the machine's own time. */
  readonly signedAt?: Clock
  /** By ARN; read at each call, so that a test may change it. */
  readonly roles: Readonly<Record<string, StsRole>>
  /** Managed policies, by ARN; read at each call too. */
  readonly policies?: Readonly<Record<string, PolicyJson>>
  readonly broker: StsBroker
}

export interface StsCall {
  readonly region: string
  /** Every parameter that was sent, by its name on the wire. */
  readonly parameters: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
}

export interface Sts {
  readonly url: string
  readonly roles: StsOptions['roles']
  readonly policies: NonNullable<StsOptions['policies']>
  readonly sessions: readonly StsSession[]
  /** Every secret key and token that was ever made here, answered or not: to search for leaks. */
  readonly secrets: readonly string[]
  readonly calls: readonly StsCall[]
  readonly sockets: () => number
  readonly find: (accessKeyId: string) => StsSession | undefined
  /** The next calls are refused so, before anything is looked at. */
  readonly fail: (error: { code: string; status: number; message?: string; times?: number }) => void
  /** The next calls make a session, and are never answered. */
  readonly hang: (times?: number) => void
  /** The next calls have their connection reset, before or after a session was made. */
  readonly reset: (when: 'before' | 'after', times?: number) => void
  /** The next calls make a session, and are answered with what this makes of the right answer. */
  readonly garble: (make: (xml: string) => string, also?: { status?: number; times?: number }) => void
  /** No more mischief. */
  readonly behave: () => void
  /** The next sessions are said to fill this much of the packed limit. */
  readonly reportPackedSize: (percent: number | undefined) => void
  /** Every call from now on makes its session, and its answer waits for the release. */
  readonly hold: () => Hold
  readonly close: () => Promise<void>
}

type Mischief =
  | { readonly kind: 'fail'; readonly error: StsError }
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset'; readonly when: 'before' | 'after' }
  | { readonly kind: 'garble'; readonly make: (xml: string) => string; readonly status: number }

const refusedSignature = {
  missing: ['MissingAuthenticationToken', 'Request is missing Authentication Token'],
  incomplete: ['IncompleteSignature', 'Authorization header is incomplete.'],
  unknown: ['InvalidClientTokenId', 'The security token included in the request is invalid.'],
  time: ['SignatureDoesNotMatch', 'Signature expired: the time of the request is too far from now.'],
  mismatch: ['SignatureDoesNotMatch', 'The request signature we calculated does not match the signature.'],
} as const

/** Trust policy and caller's policy must both allow all that the call needs; AWS says only which action. */
function authorise(order: AssumeRole, role: StsRole | undefined, broker: StsBroker): StsRole {
  const refuse = (action: StsAction) =>
    new StsError(
      'AccessDenied',
      `User: ${broker.arn} is not authorized to perform: ${action} on resource: ${order.roleArn}`,
      403,
    )
  const root = `arn:aws:iam::${broker.arn.split(':')[4]}:root`
  const trusted = role?.trust.principals.some((name) => [broker.arn, root, '*'].includes(name))
  const externalId = role?.trust.externalId
  if (!role || !trusted || (externalId !== undefined && externalId !== order.externalId))
    throw refuse('sts:AssumeRole')
  const needed: readonly StsAction[] = [
    'sts:AssumeRole',
    ...(Object.keys(order.tags).length > 0 ? (['sts:TagSession'] as const) : []),
    ...(order.sourceIdentity === undefined ? [] : (['sts:SetSourceIdentity'] as const)),
  ]
  for (const action of needed)
    if (!role.trust.allow.includes(action) || !broker.allow.includes(action)) throw refuse(action)
  return role
}

function checkDuration({ durationSeconds }: AssumeRole, role: StsRole, broker: StsBroker): void {
  const refuse = (limit: string) =>
    new StsError('ValidationError', `The requested DurationSeconds exceeds the ${limit}.`)
  if (broker.sessionToken !== undefined && durationSeconds > 3600)
    throw refuse('1 hour session limit for roles assumed by role chaining')
  if (durationSeconds > role.maxSessionSeconds) throw refuse('MaxSessionDuration set for this role')
}

/** Percent of a limit that AWS does not document: here a kilobyte, deflated. */
function packedSize({ policy, policyArns, tags }: AssumeRole): number {
  const text = `${policy ?? ''}${policyArns.join('')}${Object.entries(tags).flat().join('')}`
  const percent = text === '' ? 0 : Math.ceil((deflateRawSync(text).length / 1024) * 100)
  if (percent > 100) {
    const message = `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`
    throw new StsError('PackedPolicyTooLarge', message)
  }
  return percent
}

/**
 * STS on loopback: the query protocol, and the checks that the real one makes of a signature, of each
 * parameter, of both policies, and of the duration. It plays every region at once.
 */
export async function startSts({
  clock,
  signedAt = clock,
  roles,
  policies = {},
  broker,
}: StsOptions): Promise<Sts> {
  const sessions: StsSession[] = []
  const secrets: string[] = []
  const calls: StsCall[] = []
  const mischief: Mischief[] = []
  const gate = createGate()
  let reported: number | undefined

  function mint(wire: Wire): { session: StsSession; packed: number } {
    const known = (id: string) => (id === broker.accessKeyId ? broker : undefined)
    const signature = verify(wire, known, { service: 'sts', clock: signedAt })
    if (!signature.ok) {
      const [code, message] = refusedSignature[signature.because]
      throw new StsError(code, message, 403)
    }
    const parameters = Object.fromEntries(new URLSearchParams(wire.body))
    calls.push({ region: signature.region, parameters, headers: wire.headers })
    const order = readAssumeRole(wire.body)
    const role = authorise(order, roles[order.roleArn], broker)
    checkDuration(order, role, broker)
    const missing = order.policyArns.find((arn) => !policies[arn])
    if (missing !== undefined) throw new StsError('ValidationError', `Policy ${missing} does not exist`)
    const packed = reported ?? packedSize(order)
    const session = makeSession(order, clock())
    sessions.push(session)
    secrets.push(session.secretAccessKey, session.sessionToken)
    return { session, packed }
  }

  function send(response: ServerResponse, status: number, requestId: string, body: string): void {
    response.writeHead(status, {
      'content-type': 'text/xml',
      'x-amzn-requestid': requestId,
      date: new Date(signedAt()).toUTCString(),
    })
    response.end(body)
  }

  async function handle(wire: Wire, response: ServerResponse): Promise<void> {
    const requestId = randomUUID()
    const now = mischief.shift()
    try {
      if (now?.kind === 'reset' && now.when === 'before') return void response.socket?.resetAndDestroy()
      if (now?.kind === 'fail') throw now.error
      if (new URLSearchParams(wire.body).get('Action') === 'GetCallerIdentity')
        return send(response, 200, requestId, identityXml(broker.arn, requestId))
      const { session, packed } = mint(wire)
      await gate.pass()
      if (now?.kind === 'hang') return
      if (now?.kind === 'reset') return void response.socket?.resetAndDestroy()
      const xml = answerXml(session, packed, requestId)
      if (now?.kind === 'garble') send(response, now.status, requestId, now.make(xml))
      else send(response, 200, requestId, xml)
    } catch (error) {
      const known =
        error instanceof StsError ? error : new StsError('InternalFailure', 'Internal failure', 500)
      send(response, known.status, requestId, errorXml(known, requestId))
    }
  }

  const plan = (times: number, next: Mischief) => void mischief.push(...Array<Mischief>(times).fill(next))
  const server = await listen(async (request, response) => handle(await readWire(request), response))
  return {
    url: server.url,
    sockets: server.sockets,
    close: server.close,
    roles,
    policies,
    sessions,
    secrets,
    calls,
    find: (accessKeyId) => sessions.find((session) => session.accessKeyId === accessKeyId),
    fail: ({ code, status, message = 'As planned', times = 1 }) =>
      plan(times, { kind: 'fail', error: new StsError(code, message, status) }),
    hang: (times = 1) => plan(times, { kind: 'hang' }),
    reset: (when, times = 1) => plan(times, { kind: 'reset', when }),
    garble: (make, { status = 200, times = 1 } = {}) => plan(times, { kind: 'garble', make, status }),
    behave: () => void mischief.splice(0),
    reportPackedSize: (percent) => (reported = percent),
    hold: gate.hold,
  }
}
