import type { Grant, GrantPage, GrantState, Me } from '../../http/contract.js'
import type { Client } from './client.js'
import type { Session } from './frame.js'
import * as shape from './shape.js'
import { Stop } from './stop.js'

/** The grants of whoever is asking, a run of theirs included, in these states; newest first. */
export async function mine(client: Client, states: readonly GrantState[]): Promise<readonly Grant[]> {
  const me = shape.read<Me>((await client.get('/v1/me')).body, shape.me)
  const query = { subject: me.subject, state: states, limit: 1_000 }
  return shape.read<GrantPage>((await client.get('/v1/grants', { query })).body, shape.grantPage).grants
}

export const isId = (text: string): boolean => /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i.test(text)

/**
 * Which grant is meant: by its id; by its role, among the caller's own; or, where nothing is said, the one of this
 * shell (STINT_GRANT) or the only one that there is. `states` are those that the command has a use for.
 */
export async function which(
  { client, world, say }: Session,
  said: string | undefined,
  states: readonly GrantState[],
): Promise<string> {
  if (said !== undefined && isId(said)) return said.toUpperCase()
  const all = await say.during('Looking for your grants', mine(client(), states))
  const found = said === undefined ? all : all.filter(({ role }) => role === said)
  const here = found.find(({ id }) => said === undefined && id === world.env['STINT_GRANT'])
  const [one, ...more] = found
  if (here) return here.id
  const kind = `${states.join(' or ')} grant${said === undefined ? '' : ` of ${said}`}`
  if (!one) throw new Stop('not_found', `You have no ${kind}. stint history --mine lists what there was.`)
  if (more.length === 0) return one.id
  const list = found.slice(0, 10).map(({ id, role }) => `${id} (${role})`)
  throw new Stop('invalid_request', `You have more than one ${kind}. Say which: ${list.join(', ')}.`)
}

/** One grant as it is now. Rejects with a `Stop` for what is no id. */
export async function readGrant(client: Client, id: string): Promise<Grant> {
  if (!isId(id)) throw new Stop('invalid_request', `${id} is no grant's id.`)
  return shape.read<Grant>((await client.get(`/v1/grants/${id.toUpperCase()}`)).body, shape.grant)
}
