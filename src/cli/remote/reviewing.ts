import type { Command } from 'commander'
import type { Grant } from '../../http/contract.js'
import type { Frame } from './frame.js'
import { grantLines } from './grant-text.js'
import * as shape from './shape.js'
import { Stop } from './stop.js'
import { isId, readGrant } from './which.js'

const id = '01K9ZQ3T7M4V5W6X7Y8Z9A0B1D'

export function addReviewing(program: Command, frame: Frame): void {
  frame
    .command(program, 'review <grant>', 'look at what was done with broken glass, and sign it off', {
      text: `Without --text it shows the grant and signs nothing. The text says what was done, and whether it was right; it stays
on the record. Nobody signs off their own, and nothing that is active still.`,
      examples: [
        'stint history --review open',
        `stint review ${id}`,
        `stint review ${id} --text "released the orders of OPS-7 by hand, as agreed"`,
      ],
    })
    .option('--text <text>', 'what was done, and whether it was right')
    .action(
      frame.act(async ({ client, say, world }, said: string, { text }: { readonly text?: string }) => {
        if (!isId(said))
          throw new Stop('invalid_request', `${said} is no grant's id. stint history --review open has them.`)
        const grant = said.toUpperCase()
        if (text === undefined) {
          const found = await say.during('Asking the broker', readGrant(client(), grant))
          if (say.json) return say.value(found)
          return say.data(...grantLines(found, world.clock()))
        }
        const signing = client().post(`/v1/grants/${grant}/review`, { text })
        const { body } = await say.during('Telling the broker', signing)
        const signed = shape.read<Grant>(body, shape.grant)
        if (say.json) return say.value(signed)
        say.data(`${signed.id} is signed off: ${signed.role} for ${signed.asker.subject}.`)
      }),
    )
}
