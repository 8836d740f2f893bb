import type { Ask, Grant, Granted, GrantPage, Me } from '../../http/contract.js'
import { readAsk, wantsOther, type AskFlags } from './ask-flags.js'
import type { Client } from './client.js'
import { sayDecision } from './decision-text.js'
import type { Session } from './frame.js'
import { keyOf, keptPath, type Kept } from './kept.js'
import { withMissing } from './missing.js'
import { writePrivate } from './private-file.js'
import * as shape from './shape.js'
import { Stop } from './stop.js'

/** A grant, with credentials where its ask was allowed at once. */
export type Obtained = Granted | { readonly grant: Grant }

/** How a grant is got. */
export interface Wish {
  readonly role: string
  readonly flags: AskFlags
  /** How the same command is given again, for a wait that is left. */
  readonly resume: (grant: Grant) => string
}

/** Asks; resolves to a grant that is active, or pending where somebody must agree. Rejects with the refusal. */
export async function ask({ world, say }: Session, client: Client, body: Ask): Promise<Obtained> {
  const key = Buffer.from(world.random(16)).toString('hex')
  const reply = await say.during(`Asking for ${body.role}`, client.post('/v1/grants', body, { key }))
  return shape.read<Obtained>(reply.body, reply.status === 201 ? shape.granted : shape.pending)
}

/** My newest grant of the role that is active, or else pending; other people's, which I may vote on, are passed over. */
export async function openGrant(client: Client, role: string, account?: string): Promise<Grant | undefined> {
  const [mine, found] = await Promise.all([
    client.get('/v1/me'),
    client.get('/v1/grants', { query: { role, account, state: ['active', 'pending'], limit: 100 } }),
  ])
  const { subject } = shape.read<Me>(mine.body, shape.me)
  const { grants } = shape.read<GrantPage>(found.body, shape.grantPage)
  const own = grants.filter(({ asker }) => asker.subject === subject)
  return own.find(({ state }) => state === 'active') ?? own[0]
}

/** The grant of the role that is open, unless another scope or window is wanted; else a new one, which may be pending. */
export async function obtain(session: Session, client: Client, { role, flags }: Wish): Promise<Obtained> {
  const open = wantsOther(flags)
    ? undefined
    : await session.say.during('Looking for an open grant', openGrant(client, role, flags.account))
  // What waits for others is no help in an emergency; what is active already needs no glass broken.
  if (open && !(flags.breakGlass && open.state === 'pending')) return { grant: open }
  const got = await ask(session, client, await readAsk(role, await withMissing(session, client, role, flags)))
  sayDecision(session.say, got.grant.decision)
  return got
}

/** Credentials of an active grant, fresh from the broker unless they came with it; kept for later calls too. */
export async function collect(
  session: Session,
  client: Client,
  got: { readonly grant: Pick<Grant, 'id'> } | Granted,
  key: string,
): Promise<Kept> {
  const { world, say } = session
  const { grant, credentials } =
    'credentials' in got ? got : await say.during('Collecting credentials', issue(client, got.grant.id))
  const { scope, endsAt } = grant
  if (!scope || endsAt === undefined)
    throw new Stop('unreachable', 'The broker gave credentials without saying what for.')
  const kept: Kept = {
    key,
    grant: grant.id,
    credentials,
    issuedAt: world.clock(),
    endsAt: Date.parse(endsAt),
    account: scope.account,
    arn: scope.arn,
    regions: scope.regions,
  }
  await writePrivate(keptPath(world, key), JSON.stringify(kept), world.random)
  return kept
}

async function issue(client: Client, id: string): Promise<Granted> {
  const { body } = await client.post(`/v1/grants/${id}/credentials`)
  return shape.read<Granted>(body, shape.granted)
}

export const keyFor = (session: Session, role: string, account: string | undefined): string =>
  keyOf(session.url(), role, account)
