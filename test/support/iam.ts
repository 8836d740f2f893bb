import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { parseDocument, readDocument } from '../../src/iam/document-read.js'
import { evaluate } from '../../src/iam/evaluate.js'
import type { Clock } from '../../src/time.js'
import { createGate, type Hold } from './gate.js'
import type { PolicyJson } from './iam-evaluate.js'
import { verify, type Keys, type Wire } from './sigv4.js'
import { stsActions, type Sts, type StsAction, type StsRole } from './sts.js'
import { StsError } from './sts-parameters.js'
import { errorXml } from './sts-xml.js'
import { listen, readWire } from './wire.js'

interface IamRole {
  /** Inline policies by name, as they were written. */
  readonly inline: Map<string, string>
  readonly attached: Set<string>
  boundary?: string
}

export interface IamCall {
  readonly action: string
  readonly role: string
  readonly parameters: Readonly<Record<string, string>>
}

interface IamOptions {
  readonly signedAt: Clock
  /** Whose roles there are, and whose sessions call. */
  readonly sts: Pick<Sts, 'find'> & { readonly roles: Record<string, StsRole> }
  /** The broker's own keys, and what its own policy allows. */
  readonly broker: Keys & {
    readonly policy: PolicyJson
    /** Where roles are made. */ readonly account?: string
  }
}

export interface Iam {
  readonly url: string
  readonly calls: readonly IamCall[]
  /** What IAM has of a role, by ARN; a test may change it. */
  readonly role: (arn: string) => IamRole
  /** The identity-based policies that IAM adds to a role's own. */
  readonly policiesOf: (arn: string) => readonly PolicyJson[]
  /** The next calls are refused so, before anything is looked at. */
  readonly fail: (code: string, status: number, times?: number) => void
  /** Every call from now on is done, and its answer waits for the release. */
  readonly hold: () => Hold
  readonly close: () => Promise<void>
}

const denyAll = 'arn:aws:iam::aws:policy/AWSDenyAll'
const denyEverything: PolicyJson = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }],
}

interface TrustStatement {
  readonly Principal: { readonly AWS: string }
  readonly Action: StsAction | readonly StsAction[]
  readonly Condition?: { readonly StringEquals: Readonly<Record<string, string>> }
}

/** All inline policies of a role together, without white space (IAM user guide, quotas). */
const room = 10_240

const invalid = (message: string) => new StsError('ValidationError', message)
const noEntity = (what: string) => new StsError('NoSuchEntity', `${what} cannot be found.`, 404)

/**
 * IAM on loopback: role policies with the checks that the real one makes of a signature, of the caller's
 * own policies and the role's boundary, of documents and of their size.
 */
export async function startIam({ signedAt, sts, broker }: IamOptions): Promise<Iam> {
  const account = broker.account ?? ''
  const known = new Map<string, IamRole>()
  const calls: IamCall[] = []
  const failures: StsError[] = []
  const gate = createGate()
  const roleOf = (arn: string): IamRole => {
    const role = known.get(arn) ?? { inline: new Map<string, string>(), attached: new Set<string>() }
    known.set(arn, role)
    return role
  }

  function authorise(keyId: string, action: string, arn: string, policyArn: string | undefined): void {
    const { boundary } = roleOf(arn)
    const context = {
      ...(boundary !== undefined && { 'iam:PermissionsBoundary': boundary }),
      ...(policyArn !== undefined && { 'iam:PolicyARN': policyArn }),
    }
    const session = sts.find(keyId)
    const role = session && sts.roles[session.roleArn]?.policy
    const own = readDocument(session ? role : broker.policy, 'identity')
    const narrowed = session?.policy === undefined ? undefined : parseDocument(session.policy, 'session')
    const may = [own, ...(narrowed ? [narrowed] : [])].every(
      (policy) =>
        policy.ok && evaluate(policy.document, { action, resource: arn, context }).verdict === 'allowed',
    )
    if (!may) throw new StsError('AccessDenied', `Not authorized to perform: ${action} on ${arn}`, 403)
  }

  const actions: Readonly<Record<string, (role: IamRole, form: Readonly<Record<string, string>>) => string>> =
    {
      CreateRole: (_role, { RoleName = '' }) =>
        `<Role><Path>/</Path><RoleName>${RoleName}</RoleName><RoleId>AROA</RoleId><Arn>${RoleName}</Arn><CreateDate>2026-11-24T00:00:00Z</CreateDate></Role>`,
      DeleteRole({ inline, attached }) {
        if (inline.size + attached.size > 0)
          throw new StsError('DeleteConflict', 'Cannot delete entity, must delete policies first.', 409)
        return ''
      },
      ListRolePolicies: ({ inline }) =>
        `<PolicyNames>${[...inline.keys()].map((name) => `<member>${name}</member>`).join('')}</PolicyNames><IsTruncated>false</IsTruncated>`,
      GetRolePolicy({ inline }, { RoleName = '', PolicyName = '' }) {
        const document = inline.get(PolicyName)
        if (document === undefined) throw noEntity(PolicyName)
        return `<RoleName>${RoleName}</RoleName><PolicyName>${PolicyName}</PolicyName><PolicyDocument>${encodeURIComponent(document)}</PolicyDocument>`
      },
      PutRolePolicy({ inline }, { PolicyName = '', PolicyDocument = '' }) {
        if (!/^[\w+=,.@-]{1,128}$/.test(PolicyName)) throw invalid('policyName')
        if (!parseDocument(PolicyDocument, 'identity').ok)
          throw new StsError('MalformedPolicyDocument', 'Syntax errors in policy.')
        const after = new Map(inline).set(PolicyName, PolicyDocument)
        const size = [...after.values()].join('').replace(/\s/g, '').length
        if (size > room)
          throw new StsError('LimitExceeded', `Maximum policy size of ${room} bytes exceeded for role`, 409)
        inline.set(PolicyName, PolicyDocument)
        return ''
      },
      DeleteRolePolicy({ inline }, { PolicyName = '' }) {
        if (!inline.delete(PolicyName)) throw noEntity(PolicyName)
        return ''
      },
      AttachRolePolicy({ attached }, { PolicyArn = '' }) {
        if (PolicyArn !== denyAll) throw noEntity(PolicyArn)
        attached.add(PolicyArn)
        return ''
      },
      DetachRolePolicy({ attached }, { PolicyArn = '' }) {
        if (!attached.delete(PolicyArn)) throw noEntity(PolicyArn)
        return ''
      },
    }

  /** What a trust policy says, as far as STS on loopback reads it; the role may what its inline policies say. */
  function create(arn: string, { AssumeRolePolicyDocument = '{}' }: Readonly<Record<string, string>>): void {
    const { Statement } = JSON.parse(AssumeRolePolicyDocument) as { Statement: readonly TrustStatement[] }
    const conditions = Statement.map(({ Condition }) => Condition?.StringEquals['sts:ExternalId'])
    const externalId = conditions.find((id) => id !== undefined)
    const named = Statement.flatMap(({ Action }) => [Action].flat())
    sts.roles[arn] = {
      trust: {
        principals: Statement.map(({ Principal }) => Principal.AWS),
        allow: stsActions.filter((action) => named.includes(action)),
        ...(externalId !== undefined && { externalId }),
      },
      maxSessionSeconds: 3_600,
      get policy() {
        const written = [...roleOf(arn).inline.values()].map((text) => JSON.parse(text) as PolicyJson)
        return { Version: '2012-10-17', Statement: written.flatMap(({ Statement: own }) => own) }
      },
    }
  }

  function perform(wire: Wire): { action: string; result: string } {
    const find = (id: string) => (id === broker.accessKeyId ? broker : sts.find(id))
    const signature = verify(wire, find, { service: 'iam', clock: signedAt })
    if (!signature.ok) throw new StsError('SignatureDoesNotMatch', signature.because, 403)
    if (signature.region !== 'us-east-1') throw new StsError('SignatureDoesNotMatch', 'region', 403)
    const form = Object.fromEntries(new URLSearchParams(wire.body))
    const { Action: action = '', RoleName = '' } = form
    const run = Object.hasOwn(actions, action) ? actions[action] : undefined
    if (!run || form['Version'] !== '2010-05-08') throw new StsError('InvalidAction', action)
    const arn =
      action === 'CreateRole'
        ? `arn:aws:iam::${account}:role/${RoleName}`
        : Object.keys(sts.roles).find((one) => one.endsWith(`/${RoleName}`))
    if (arn === undefined) throw noEntity(RoleName)
    calls.push({ action, role: arn, parameters: form })
    authorise(signature.accessKeyId, `iam:${action}`, arn, form['PolicyArn'])
    if (action === 'CreateRole') create(arn, form)
    const result = run(roleOf(arn), form)
    if (action === 'DeleteRole') delete sts.roles[arn]
    return { action, result }
  }

  async function handle(wire: Wire, response: ServerResponse): Promise<void> {
    const requestId = randomUUID()
    const send = (status: number, body: string): void => {
      response.writeHead(status, { 'content-type': 'text/xml', 'x-amzn-requestid': requestId })
      response.end(body)
    }
    try {
      const planned = failures.shift()
      if (planned) throw planned
      const { action, result } = perform(wire)
      await gate.pass()
      const inner = `<${action}Result>${result}</${action}Result>`
      const meta = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`
      send(
        200,
        `<${action}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/">${inner}${meta}</${action}Response>`,
      )
    } catch (error) {
      const told = error instanceof StsError ? error : new StsError('ServiceFailure', 'Internal failure', 500)
      send(told.status, errorXml(told, requestId))
    }
  }

  const server = await listen(async (request, response) => handle(await readWire(request), response))
  return {
    url: server.url,
    close: server.close,
    calls,
    role: roleOf,
    policiesOf: (arn) => {
      const { inline, attached } = roleOf(arn)
      const written = [...inline.values()].map((document) => JSON.parse(document) as PolicyJson)
      return attached.has(denyAll) ? [...written, denyEverything] : written
    },
    fail: (code, status, times = 1) =>
      void failures.push(...Array<StsError>(times).fill(new StsError(code, 'As planned', status))),
    hold: gate.hold,
  }
}
