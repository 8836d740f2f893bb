import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { parseDocument, readDocument } from '../../src/iam/document-read.js'
import { evaluate, type ConcreteRequest, type Evaluation } from '../../src/iam/evaluate.js'
import { isoSeconds, type Clock } from '../../src/time.js'
import type { PolicyJson } from './iam-evaluate.js'
import type { Iam } from './iam.js'
import { sign, verify, type Keys, type Wire } from './sigv4.js'
import type { Sts } from './sts.js'
import type { StsSession } from './sts-session.js'
import { listen, readWire } from './wire.js'

export interface AwsServiceOptions {
  readonly clock: Clock
  /** By which signatures are judged, where that is another: clients that are other processes have the machine's time. */
  readonly signedAt?: Clock
  /** Whose sessions call, and whose roles they have. */
  readonly sts: Pick<Sts, 'find' | 'roles' | 'policies'>
  /** What IAM adds to the roles' own policies. */
  readonly iam?: Pick<Iam, 'policiesOf'>
  /** The address that AWS sees a call come from; the caller's own on loopback when left out. */
  readonly sourceIp?: () => string
}

export interface AwsService {
  readonly url: string
  readonly close: () => Promise<void>
}

class ServiceError extends Error {
  readonly type: string
  constructor(type: string, message: string) {
    super(message)
    this.type = type
  }
}

const actions: Readonly<Record<string, (table: string) => unknown>> = {
  GetItem: (table) => ({ Item: { id: { S: '42' }, table: { S: table }, status: { S: 'shipped' } } }),
  Query: (table) => ({ Items: [{ id: { S: '42' }, table: { S: table } }], Count: 1, ScannedCount: 1 }),
  PutItem: () => ({}),
}

const refusedSignature = {
  missing: ['MissingAuthenticationTokenException', 'Request is missing Authentication Token'],
  incomplete: ['IncompleteSignatureException', 'Authorization header is incomplete.'],
  unknown: ['UnrecognizedClientException', 'The security token included in the request is invalid.'],
  time: ['InvalidSignatureException', 'Signature expired: the time of the request is too far from now.'],
  mismatch: ['InvalidSignatureException', 'The request signature we calculated does not match.'],
} as const

/** The session that signed a request; throws what AWS answers to anybody else. */
function authenticate(
  wire: Wire,
  { sts, clock, signedAt = clock }: AwsServiceOptions,
): { session: StsSession; region: string } {
  const signature = verify(wire, sts.find, { service: 'dynamodb', clock: signedAt })
  if (!signature.ok) {
    const [type, message] = refusedSignature[signature.because]
    throw new ServiceError(type, message)
  }
  const session = sts.find(signature.accessKeyId)
  if (!session || clock() >= session.expiresAt)
    throw new ServiceError('ExpiredTokenException', 'The security token included in the request is expired')
  return { session, region: signature.region }
}

/** What one policy says of a request; one that IAM would never have taken allows nothing. */
function verdictOf(policy: string | PolicyJson, request: ConcreteRequest): Evaluation['verdict'] {
  const read =
    typeof policy === 'string' ? parseDocument(policy, 'session') : readDocument(policy, 'identity')
  return read.ok ? evaluate(read.document, request).verdict : 'not allowed'
}

/** Session policies add up: what any denies is denied, else what any allows is allowed; without one, all is. */
function sessionVerdict(
  { policy, policyArns }: StsSession,
  request: ConcreteRequest,
  policies: Sts['policies'],
): Evaluation['verdict'] {
  const managed = policyArns.map((arn) => policies[arn])
  const given = [...(policy === undefined ? [] : [policy]), ...managed]
  if (given.length === 0) return 'allowed'
  const verdicts = given.map((one) => (one === undefined ? 'not allowed' : verdictOf(one, request)))
  if (verdicts.includes('explicitly denied')) return 'explicitly denied'
  return verdicts.includes('allowed') ? 'allowed' : 'not allowed'
}

/** Why a session may not, in AWS's words ("Troubleshoot access denied error messages", IAM user guide). */
function authorise(session: StsSession, request: ConcreteRequest, { sts, iam }: AwsServiceOptions): void {
  const policy = sts.roles[session.roleArn]?.policy
  if (!policy) throw new ServiceError('UnrecognizedClientException', 'The role of this session is gone.')
  // Identity-based policies add up, and what any of them denies is denied.
  const all = [policy, ...(iam?.policiesOf(session.roleArn) ?? [])].map((one) => verdictOf(one, request))
  const role = all.includes('explicitly denied') ? 'explicitly denied' : verdictOf(policy, request)
  const own = sessionVerdict(session, request, sts.policies)
  if (role === 'allowed' && own === 'allowed') return
  const reason = [role, own].includes('explicitly denied')
    ? `with an explicit deny in ${role === 'explicitly denied' ? 'an identity-based' : 'a session'} policy`
    : `because no ${role === 'not allowed' ? 'identity-based' : 'session'} policy allows the ${request.action} action`
  throw new ServiceError(
    'AccessDeniedException',
    `User: ${session.arn} is not authorized to perform: ${request.action} on resource: ${request.resource} ${reason}`,
  )
}

function answer(wire: Wire, address: string, options: AwsServiceOptions): unknown {
  const { session, region } = authenticate(wire, options)
  const [, name = ''] = /^DynamoDB_20120810\.([A-Za-z]+)$/.exec(wire.headers['x-amz-target'] ?? '') ?? []
  const perform = Object.hasOwn(actions, name) ? actions[name] : undefined
  if (!perform) throw new ServiceError('UnknownOperationException', 'No such operation')
  const { TableName } = JSON.parse(wire.body) as { TableName?: unknown }
  if (typeof TableName !== 'string' || !/^[A-Za-z0-9_.-]{3,255}$/.test(TableName))
    throw new ServiceError('ValidationException', 'TableName must be a name')
  const [, partition, , , account] = session.arn.split(':')
  authorise(
    session,
    {
      action: `dynamodb:${name}`,
      resource: `arn:${partition}:dynamodb:${region}:${account}:table/${TableName}`,
      context: {
        'aws:CurrentTime': isoSeconds(options.clock()),
        'aws:RequestedRegion': region,
        'aws:SourceIp': options.sourceIp?.() ?? address,
        'aws:ViaAWSService': 'false',
        'aws:TokenIssueTime': isoSeconds(session.issuedAt),
        'aws:userid': session.assumedRoleId,
        ...(session.sourceIdentity === undefined ? {} : { 'aws:SourceIdentity': session.sourceIdentity }),
      },
    },
    options,
  )
  return perform(TableName)
}

/**
 * A service as DynamoDB is one, which evaluates on each call what a session may do: the role's policy as it
 * is now, and the session policy that was sent to STS, at the time of the injected clock.
 */
export async function startAwsService(options: AwsServiceOptions): Promise<AwsService> {
  function send(response: ServerResponse, status: number, body: unknown): void {
    response.writeHead(status, {
      'content-type': 'application/x-amz-json-1.0',
      'x-amzn-requestid': randomUUID(),
    })
    response.end(JSON.stringify(body))
  }
  const { url, close } = await listen(async (request, response) => {
    const wire = await readWire(request)
    try {
      send(response, 200, answer(wire, request.socket.remoteAddress ?? '', options))
    } catch (error) {
      const known = error instanceof ServiceError
      const type = known ? error.type : 'InternalServerError'
      send(response, known ? 400 : 500, {
        __type: `com.amazon.coral.service#${type}`,
        message: known ? error.message : 'The request processing has failed.',
      })
    }
  })
  return { url, close }
}

export interface ServiceCall {
  readonly url: string
  /** `GetItem`, `Query` or `PutItem`. */
  readonly action: string
  readonly table: string
  readonly region: string
  readonly keys: Keys
  readonly clock: Clock
}

export interface ServiceAnswer {
  readonly status: number
  /** `AccessDeniedException` and the like, when refused. */
  readonly refused?: string
  readonly message?: string
  readonly body: Readonly<Record<string, unknown>>
}

/** Makes one signed call to the service, as an AWS SDK would. */
export async function signedRequest(call: ServiceCall): Promise<ServiceAnswer> {
  const { url, action, table, region, keys, clock } = call
  const body = JSON.stringify({ TableName: table, Key: { id: { S: '42' } } })
  const unsigned = {
    host: new URL(url).host,
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `DynamoDB_20120810.${action}`,
  }
  const wire = { method: 'POST', target: '/', headers: unsigned, body }
  const headers = sign(wire, keys, { region, service: 'dynamodb', clock })
  const response = await fetch(`${url}/`, { method: 'POST', headers, body })
  const said = (await response.json()) as Record<string, unknown>
  return {
    status: response.status,
    ...(typeof said.__type === 'string' ? { refused: said.__type.split('#').at(-1) ?? '' } : {}),
    ...(typeof said.message === 'string' ? { message: said.message } : {}),
    body: said,
  }
}
