import type { Command } from 'commander'
import type { Decision, Grant } from '../../http/contract.js'
import { addAskFlags, readAsk, type AskFlags } from './ask-flags.js'
import { sayDecision } from './decision-text.js'
import type { Frame, Session } from './frame.js'
import { withMissing } from './missing.js'
import { ask, collect, keyFor } from './obtain.js'
import * as shape from './shape.js'
import { exitOf } from './stop.js'
import { quoted } from './text.js'
import { waitFor } from './wait.js'
import { readGrant } from './which.js'

interface Flags extends AskFlags {
  readonly wait: boolean
}

export function addAsk(program: Command, frame: Frame): void {
  const command = frame.command(program, 'ask <role>', 'ask for a role, and wait until it is decided', {
    text: `Prints the grant's id. Exits with 0 when it is active, ${exitOf('denied')} when it is refused and ${exitOf('pending')} while somebody must agree still.
Credentials that come with the answer are kept on this machine until they end; exec, env and credential-process use them.`,
    examples: [
      'stint ask orders-debug --reason "order 42 is stuck in checkout"',
      'stint ask orders-debug --for 30m --reason "order 42" --resource arn:aws:dynamodb:us-east-1:123456789012:table/orders',
      'stint ask orders-repair --ticket OPS-7 --reason "repair order 42" --no-wait --json',
    ],
  })
  addAskFlags(command)
    .option('--no-wait', 'do not wait for those who must agree')
    .action(
      frame.act(async (session, role: string, flags: Flags) => {
        const { say } = session
        const client = session.client()
        const body = await readAsk(role, await withMissing(session, client, role, flags))
        const got = await ask(session, client, body)
        let { grant } = got
        sayDecision(say, grant.decision)
        if ('credentials' in got) await collect(session, client, got, keyFor(session, role, flags.account))
        const pending = grant.state === 'pending'
        if (pending && flags.wait) grant = await waitFor(session, client, grant, `stint wait ${grant.id}`)
        sayGrant(session, grant)
        if (grant.state !== 'pending') return
        say.note(`Go on with: stint wait ${grant.id}`)
        return exitOf('pending')
      }),
    )

  frame
    .command(program, 'wait <grant>', 'wait until a grant is decided', {
      examples: ['stint wait 01K9ZQ3T7M4V5W6X7Y8Z9A0B1D'],
    })
    .action(
      frame.act(async (session, id: string) => {
        const client = session.client()
        const grant = await session.say.during('Asking the broker', readGrant(client, id))
        sayGrant(session, await waitFor(session, client, grant, `stint wait ${grant.id}`))
      }),
    )
}

export function addTry(program: Command, frame: Frame): void {
  const command = frame.command(program, 'try <role>', 'say what an ask would get, without asking', {
    text: `Nothing is recorded, nobody is disturbed. Exits with 0 when it would be allowed at once, ${exitOf('denied')} when refused, ${exitOf('pending')} when
somebody would have to agree.`,
    examples: ['stint try orders-debug --for 4h', 'stint try orders-debug --json | jq .cost.usd'],
  })
  addAskFlags(command).action(
    frame.act(async ({ client, say }, role: string, flags: AskFlags) => {
      const body = await readAsk(role, flags)
      const reply = await say.during('Asking the broker', client().post('/v1/decisions', body))
      const decision = shape.read<Decision>(reply.body, shape.decision)
      if (say.json) say.value(decision)
      else sayDecision(say, decision)
      return { allow: 0, approve: exitOf('pending'), deny: exitOf('denied') }[decision.outcome]
    }),
  )
}

function sayGrant({ say }: Session, grant: Grant): void {
  if (say.json) return say.value(grant)
  say.data(grant.id)
  if (grant.state === 'active')
    say.note(
      `Active until ${grant.endsAt ?? 'it ends'}. Use it: stint exec ${quoted(grant.role)} -- command`,
      'green',
    )
}
