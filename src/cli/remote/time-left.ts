import type { Command } from 'commander'
import type { Frame } from './frame.js'
import { left } from './grant-text.js'
import { table } from './table.js'
import { mine } from './which.js'

export function addTimeLeft(program: Command, frame: Frame): void {
  frame
    .command(program, 'time', 'how long what you have goes on', {
      text: 'The grant of this shell (STINT_GRANT) is marked with an asterisk.',
      examples: ['stint time', 'stint time --json | jq -r .grants[].secondsLeft'],
    })
    .action(
      frame.act(async ({ client, say, world }) => {
        const now = world.clock()
        const rows = (await say.during('Asking the broker', mine(client(), ['active']))).map(
          ({ id, role, accountName = '', endsAt = '' }) => ({ id, role, accountName, endsAt }),
        )
        const seconds = (endsAt: string) => Math.max(0, Math.floor((Date.parse(endsAt) - now) / 1_000))
        if (say.json)
          return say.value({ grants: rows.map((row) => ({ ...row, secondsLeft: seconds(row.endsAt) })) })
        if (rows.length === 0) return say.note('Nothing of yours is active.')
        const columns = [
          { name: 'LEFT', of: ({ endsAt }: (typeof rows)[0]) => left(endsAt, now) },
          { name: 'UNTIL', of: ({ endsAt }: (typeof rows)[0]) => endsAt },
          { name: 'ROLE', of: ({ role }: (typeof rows)[0]) => role },
          { name: 'ACCOUNT', of: ({ accountName }: (typeof rows)[0]) => accountName },
          {
            name: 'GRANT',
            of: ({ id }: (typeof rows)[0]) => (id === world.env['STINT_GRANT'] ? `${id} *` : id),
          },
        ]
        say.data(...table(rows, columns))
      }),
    )
}
