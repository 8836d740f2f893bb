import { Option, type Command } from 'commander'
import type { Answer, Grant } from '../../http/contract.js'
import type { Frame, Session } from './frame.js'
import { grantLines } from './grant-text.js'
import * as shape from './shape.js'
import { Stop } from './stop.js'
import { isId, readGrant } from './which.js'

interface Flags {
  readonly reason?: string
  readonly yes?: true
}

const id = '01K9ZQ3T7M4V5W6X7Y8Z9A0B1D'

export function addVoting(program: Command, frame: Frame): void {
  const text = `Shows what exactly is asked for first, as the broker verified it; on a terminal it then asks whether to go on.
What the vote completes is decided anew under today's rules. A no denies the ask.`

  frame
    .command(program, 'approve <grant>', 'agree to what somebody asks for', {
      text,
      examples: ['stint list --state pending', `stint approve ${id} --reason "I am on the same incident"`],
    })
    .option('--reason <text>', 'why, for the record and the asker')
    .option('--yes', 'do not ask again')
    .action(frame.act((session, grant: string, flags: Flags) => vote(session, grant, 'yes', flags)))

  frame
    .command(program, 'deny <grant>', 'say no to what somebody asks for', {
      text,
      examples: [`stint deny ${id} --reason "use the replica"`],
    })
    .option('--reason <text>', 'why, for the record and the asker')
    .option('--yes', 'do not ask again')
    .action(frame.act((session, grant: string, flags: Flags) => vote(session, grant, 'no', flags)))

  frame
    .command(program, 'vote <grant>', 'approve or deny, for scripts', {
      text: 'Does not ask.',
      examples: [`stint vote ${id} --answer no --reason "not on a Friday" --json`],
    })
    .addOption(new Option('--answer <answer>', 'the vote').choices(['yes', 'no']).makeOptionMandatory())
    .option('--reason <text>', 'why, for the record and the asker')
    .action(
      frame.act((session, grant: string, { answer, reason }: Flags & { answer: Answer }) =>
        vote(session, grant, answer, { ...(reason !== undefined && { reason }), yes: true }),
      ),
    )
}

async function vote(session: Session, said: string, answer: Answer, { reason, yes }: Flags): Promise<void> {
  const { client, say, world } = session
  if (!isId(said))
    throw new Stop('invalid_request', `${said} is no grant's id. stint list --state pending has them.`)
  const path = `/v1/grants/${said.toUpperCase()}`
  if (!yes) {
    const asked = await say.during('Asking the broker', readGrant(client(), said.toUpperCase()))
    for (const line of grantLines(asked, world.clock())) say.note(line)
    const question = answer === 'yes' ? 'Agree to this?' : 'Say no to this?'
    if (world.interactive && !(await world.confirm(question)))
      throw new Stop('invalid_request', 'Nothing was said to the broker.')
  }
  const body = { answer, ...(reason !== undefined && { reason }) }
  const casting = client().post(`${path}/votes`, body)
  const grant = shape.read<Grant>((await say.during('Telling the broker', casting)).body, shape.grant)
  if (say.json) return say.value(grant)
  say.data(`${grant.id} is ${grant.state}: ${grant.role} for ${grant.asker.subject}.`)
  if (grant.state === 'pending') say.note('More votes are needed: stint status says whose.')
}
