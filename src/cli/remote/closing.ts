import type { Command } from 'commander'
import type { Grant, GrantState } from '../../http/contract.js'
import type { Frame, Session } from './frame.js'
import { forget } from './forget.js'
import { worksUntil } from './grant-text.js'
import * as shape from './shape.js'
import { which } from './which.js'

interface Flags {
  readonly reason?: string
}

export function addClosing(program: Command, frame: Frame): void {
  frame
    .command(program, 'end [grant]', 'I am done: no more credentials are issued', {
      text: 'Names a grant by its id or its role; left out, the one of this shell or your only active one.',
      examples: ['stint end', 'stint end orders-debug --reason "found it"'],
    })
    .option('--reason <text>', 'what became of the work')
    .action(
      frame.act((session, said: string | undefined, flags: Flags) =>
        close(session, 'end', said, ['active'], flags),
      ),
    )

  frame
    .command(program, 'cancel [grant]', 'take back an ask that nobody has agreed to yet', {
      text: 'Names a grant by its id or its role; left out, your only pending one.',
      examples: ['stint cancel', 'stint cancel orders-repair'],
    })
    .option('--reason <text>', 'why')
    .action(
      frame.act((session, said: string | undefined, flags: Flags) =>
        close(session, 'cancel', said, ['pending'], flags),
      ),
    )
}

/** Closes a grant, and says what becomes of credentials that are out. */
export async function close(
  session: Session,
  verb: 'end' | 'cancel' | 'revoke',
  said: string | undefined,
  states: readonly GrantState[],
  { reason }: Flags,
): Promise<void> {
  const { client, say, world } = session
  const id = await which(session, said, states)
  const body = reason === undefined ? {} : { reason }
  const closing = client().post(`/v1/grants/${id}/${verb}`, body)
  const grant = shape.read<Grant>((await say.during('Telling the broker', closing)).body, shape.grant)
  await forget(world, (kept) => kept.grant === id)
  if (say.json) return say.value(grant)
  say.data(
    `${grant.id} is ${grant.state}: ${grant.role}${grant.accountName ? ` in ${grant.accountName}` : ''}.`,
  )
  if (grant.sessions)
    return say.note(grant.sessions.detail, grant.sessions.aws === 'written' ? 'green' : 'yellow')
  const last = worksUntil(grant, world.clock())
  if (last !== undefined) say.note(`Credentials that were issued work until ${last}; no more are issued.`)
}
