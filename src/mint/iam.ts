import {
  AttachRolePolicyCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
  paginateListRolePolicies,
  type IAMClientConfig,
} from '@aws-sdk/client-iam'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { longestWrite, type Denied, type Deny, type DenyOrder } from '../grant/deny.js'
import { parseArn } from '../iam/arn.js'
import { iamRefusal } from './iam-refusal.js'
import { within } from './within.js'

/** The inline policy that Stint owns on a role; no other is ever written or taken away. */
export const revocationPolicy = 'StintRevocations'

/** All inline policies of a role together, without white space (IAM user guide, IAM and STS quotas). */
const room = 10_240

type Keys = NonNullable<IAMClientConfig['credentials']>

interface IamOptions {
  /** Another address of IAM: https, or http on loopback. */
  readonly endpoint?: string
  /** What signs the calls for this order; undefined leaves it to the SDK's default chain. Rejects with a `Denied`. */
  readonly keysFor: (order: DenyOrder) => Promise<Keys | undefined>
}

/** IAM is one service for all regions of a partition, and is signed for in one of them (AWS General Reference). */
const homes: Readonly<Record<string, string>> = {
  'aws-cn': 'cn-north-1',
  'aws-us-gov': 'us-gov-west-1',
}

/**
 * The port to IAM. Each order is one client with keys of its own: revoking is rare, and whoever may write
 * policies should hold nothing for longer than one write.
 */
export function createIam({ endpoint, keysFor }: IamOptions): Deny & { close(): void } {
  const requestHandler = new NodeHttpHandler({ connectionTimeout: 2_000 })

  async function write(order: DenyOrder): Promise<Denied> {
    const { partition = 'aws' } = parseArn(order.arn) ?? {}
    const credentials = await keysFor(order)
    const iam = new IAMClient({
      region: homes[partition] ?? 'us-east-1',
      maxAttempts: 1,
      requestHandler,
      ...(endpoint !== undefined && { endpoint }),
      ...(credentials && { credentials }),
    })
    const RoleName = order.arn.slice(order.arn.lastIndexOf('/') + 1)
    return order.how === 'attach'
      ? attach(iam, RoleName, `arn:${partition}:iam::aws:policy/AWSDenyAll`, order)
      : inline(iam, RoleName, order)
  }

  return {
    write: (order) =>
      within(longestWrite, () => write(order)).catch((error: unknown) =>
        isDenied(error) ? error : iamRefusal(error, order),
      ),
    close: () => requestHandler.destroy(),
  }
}

const isDenied = (error: unknown): error is Denied =>
  typeof error === 'object' && error !== null && 'ok' in error && error.ok === false

async function inline(iam: IAMClient, RoleName: string, { documents }: DenyOrder): Promise<Denied> {
  const PolicyName = revocationPolicy
  if (documents.length === 0) {
    const gone = await unlessGone(iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName })))
    return { ok: true, ...requestOf(gone) }
  }
  const left = room - (await taken(iam, RoleName))
  const at = documents.findIndex((document) => document.length <= left)
  const PolicyDocument = documents[at]
  if (PolicyDocument === undefined) throw noRoom(RoleName, left)
  const put = await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }))
  return { ok: true, taken: at, ...requestOf(put) }
}

/** How many characters the role's other inline policies take. */
async function taken(iam: IAMClient, RoleName: string): Promise<number> {
  let sum = 0
  for await (const { PolicyNames = [] } of paginateListRolePolicies({ client: iam }, { RoleName }))
    for (const PolicyName of PolicyNames.filter((name) => name !== revocationPolicy)) {
      const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))
      sum += decodeURIComponent(PolicyDocument).replace(/\s/g, '').length
    }
  return sum
}

async function attach(
  iam: IAMClient,
  RoleName: string,
  PolicyArn: string,
  { documents }: DenyOrder,
): Promise<Denied> {
  const done =
    documents.length > 0
      ? await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }))
      : await unlessGone(iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn })))
  return { ok: true, ...requestOf(done) }
}

interface Answered {
  readonly $metadata: { readonly requestId?: string | undefined }
}

/** What is not there need not be taken away. */
const unlessGone = (taking: Promise<Answered>): Promise<Answered | undefined> =>
  taking.catch((error: unknown) => {
    if (error instanceof Error && error.name.startsWith('NoSuchEntity')) return undefined
    throw error
  })

const requestOf = (answer: Answered | undefined) =>
  answer?.$metadata.requestId === undefined ? {} : { requestId: answer.$metadata.requestId }

const noRoom = (role: string, left: number): Denied => ({
  ok: false,
  fault: 'iam_no_room',
  detail: `The inline policies of ${role} leave ${left} of 10,240 characters, too few for a deny. Move them into managed policies.`,
})
