import type { Command } from 'commander'
import { exits } from '../../fault.js'
import type { Ask, Decision, Grant, Pending, Scope } from '../../http/contract.js'
import type { Client } from './client.js'
import type { Frame } from './frame.js'
import * as shape from './shape.js'
import { Stop } from './stop.js'
import { readGrant, which } from './which.js'

interface Flags {
  readonly for?: string
  readonly reason?: string
  readonly ticket?: string
  readonly breakGlass?: true
}

export function addExtend(program: Command, frame: Frame): void {
  frame
    .command(program, 'extend [grant]', 'ask for more time for the same work', {
      text: `A grant is never prolonged: this is a new ask with the very same scope, decided anew. The old grant goes on until
its own end, whatever becomes of the new one. The new window begins when it is granted.
Exits with 0 when it is granted, 5 when somebody must agree first, 3 when it is refused.`,
      examples: [
        'stint extend',
        'stint extend orders-debug --for 2h',
        'stint extend --reason "still on order 42"',
      ],
    })
    .option('--for <duration>', 'how long from when it is granted, such as 1h; else as long as before')
    .option('--reason <text>', 'why; else as before')
    .option('--ticket <ticket>', 'the ticket; else as before')
    .option('--break-glass', 'in an emergency: without those who must agree; each time anew')
    .action(
      frame.act(async (session, said: string | undefined, flags: Flags) => {
        const { client, say, world } = session
        const broker = client()
        const id = await which(session, said, ['active'])
        const old = await say.during('Asking the broker', readGrant(broker, id))
        const ask = await say.during('Looking whether the same can be had', sameAgain(broker, old, flags))
        const key = Buffer.from(world.random(18)).toString('base64url')
        const { body } = await say.during('Asking for it', broker.post('/v1/grants', ask, { key }))
        const { grant } = shape.read<Pending>(body, shape.pending)
        if (say.json) say.value({ grant })
        else say.data(grant.id)
        if (grant.state === 'active') {
          say.note(`Granted until ${grant.endsAt}; ${id} goes on until ${old.endsAt}.`, 'green')
          return 0
        }
        const needed = grant.decision.requirements.map(({ votes, by }) => `${votes} of ${by}`)
        say.note(`Waits for ${needed.join(' and ')}; ${id} goes on until ${old.endsAt}.`, 'yellow')
        say.note(`stint status ${grant.id} --wait   waits with you`)
        return exits.pending
      }),
    )
}

/**
 * The ask that comes to the scope of the old grant, to the statement: with nothing narrowed, or narrowed to what it
 * has. Several statements cannot always be said in one ask, and then none is made: it could come to more.
 */
async function sameAgain(broker: Client, old: Grant, flags: Flags): Promise<Ask> {
  const { scope, role, account, reason, ticket } = old
  if (!scope) throw new Stop('conflict', `${old.id} never had a scope. Ask anew with stint ask ${role}.`)
  const words = {
    ...((flags.reason ?? reason) !== undefined && { reason: flags.reason ?? reason }),
    ...((flags.ticket ?? ticket) !== undefined && { ticket: flags.ticket ?? ticket }),
    // Never as before: that nobody had to agree once is no word for the next time.
    ...(flags.breakGlass && { breakGlass: true }),
  } as Pick<Ask, 'reason' | 'ticket' | 'breakGlass'>
  const whole: Ask = {
    role,
    ...(account !== undefined && { account }),
    window: flags.for ?? scope.window,
    ...words,
  }
  const all = (part: 'actions' | 'resources') =>
    some(scope.statements.flatMap((statement) => statement[part]))
  const inRegions: Ask = { ...whole, regions: some(scope.regions) }
  const narrowed: Ask = { ...inRegions, actions: all('actions'), resources: all('resources') }
  let refused: Decision | undefined
  for (const ask of [whole, inRegions, narrowed]) {
    const decision = shape.read<Decision>((await broker.post('/v1/decisions', ask)).body, shape.decision)
    if (decision.scope && extent(decision.scope) === extent(scope)) return ask
    if (decision.outcome === 'deny') refused = decision
  }
  const because = refused?.checks.find(({ ok }) => !ok)
  throw new Stop(
    'denied',
    because
      ? `The same cannot be had again: ${because.detail}${because.remedy ? ` ${because.remedy}` : ''}`
      : `The role has changed, or its statements cannot be said in one ask. Ask anew with stint ask ${role}.`,
  )
}

/** Each once, in the type of the contract's lists; a scope has at least one of each. */
const some = (items: readonly string[]) => [...new Set(items)] as [string, ...string[]]

/** What may be done where, in one form whatever the order. */
const extent = ({ account, statements, regions }: Scope): string =>
  JSON.stringify([
    account,
    [...regions].sort(),
    statements
      .map(({ actions, resources, conditions }) =>
        JSON.stringify([[...actions].sort(), [...resources].sort(), conditions ?? null]),
      )
      .sort(),
  ])
