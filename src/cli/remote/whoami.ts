import type { Command } from 'commander'
import type { Me } from '../../http/contract.js'
import type { Frame } from './frame.js'
import * as shape from './shape.js'

export function addWhoami(program: Command, frame: Frame): void {
  frame
    .command(program, 'whoami', 'who you are to the broker, and from where', {
      examples: ['stint whoami', 'stint whoami --json | jq -r .subject'],
    })
    .action(
      frame.act(async ({ client, tokens, say }) => {
        const { body } = await say.during('Asking the broker', client().get('/v1/me'))
        const me = shape.read<Me>(body, shape.me)
        if (say.json) return say.value(me)
        const rows = [
          ['subject', me.subject],
          ['kind', me.kind],
          ['on behalf of', me.actor],
          ['groups', me.groups.join(', ') || 'none'],
          ['address', `${me.address} (${me.networks.join(', ') || 'in no named network'})`],
          ['also', [me.auditor && 'auditor', me.operator && 'operator'].filter(Boolean).join(', ')],
          ['signed in until', me.expiresAt],
          ['token from', tokens().source],
        ]
        for (const [name = '', value] of rows) if (value) say.data(`${name.padEnd(16)}${value}`)
      }),
    )
}
