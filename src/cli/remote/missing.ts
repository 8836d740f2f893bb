import type { RoleList } from '../../http/contract.js'
import type { AskFlags } from './ask-flags.js'
import type { Client } from './client.js'
import type { Session } from './frame.js'
import * as shape from './shape.js'
import { Stop } from './stop.js'
import { visible } from './text.js'

/** What the role wants to know and nobody said is asked for, where there is a person to ask; else the broker says it. */
export async function withMissing(
  { world, say }: Session,
  client: Client,
  role: string,
  flags: AskFlags,
): Promise<AskFlags> {
  if (!world.interactive || (flags.reason !== undefined && flags.ticket !== undefined)) return flags
  const { body } = await say.during('Asking the broker', client.get('/v1/roles'))
  const wanted = shape.read<RoleList>(body, shape.roleList).roles.find(({ name }) => name === role)
  if (!wanted) return flags
  const asked: { reason?: string; ticket?: string } = {}
  const question = async (text: string): Promise<string> => {
    const answer = await world.question(text)
    if (answer === '') throw new Stop('invalid_request', 'Left without asking.')
    return answer
  }
  if (flags.reason === undefined && wanted.reason.min > 0)
    asked.reason = await question(
      `Why do you need ${visible(role)}? (${wanted.reason.min} characters or more)`,
    )
  if (flags.ticket === undefined && wanted.ticket !== undefined)
    asked.ticket = await question(`Which ticket is it for? (${visible(wanted.ticket)})`)
  return { ...flags, ...asked }
}
