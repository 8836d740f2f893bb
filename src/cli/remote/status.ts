import type { Command } from 'commander'
import type { Grant } from '../../http/contract.js'
import type { Client } from './client.js'
import type { Frame } from './frame.js'
import { exitOfState, grantLines } from './grant-text.js'
import * as shape from './shape.js'
import { readGrant, which } from './which.js'

export function addStatus(program: Command, frame: Frame): void {
  frame
    .command(program, 'status [grant]', 'one grant: who, what, until when, and what became of it', {
      text: `Names a grant by its id, or your own by its role; left out, the one of this shell or the only open one.
Exits with 0 when it is active, 5 while it waits for approval, 3 when it was denied, and 6 when it is over.`,
      examples: [
        'stint status',
        'stint status 01K9ZQ3T7M4V5W6X7Y8Z9A0B1D --json',
        'stint status orders-repair --wait && stint exec orders-repair -- ./mend.sh',
      ],
    })
    .option('--wait', 'while it waits for approval, wait too')
    .action(
      frame.act(async (session, said: string | undefined, { wait }: { wait?: true }) => {
        const { client, say, world } = session
        const id = await which(session, said, ['active', 'pending'])
        let grant = await say.during('Asking the broker', readGrant(client(), id))
        while (wait && grant.state === 'pending')
          grant = await say.during(`${grant.id} waits for approval`, changed(client(), grant))
        if (say.json) say.value(grant)
        else say.data(...grantLines(grant, world.clock()))
        return exitOfState(grant.state)
      }),
    )
}

/** The grant once it is another version, or after half a minute. */
async function changed(client: Client, { id, version }: Grant): Promise<Grant> {
  const query = { wait: 30, seen: version }
  const { body } = await client.get(`/v1/grants/${id}`, { query, within: 50_000 })
  return shape.read<Grant>(body, shape.grant)
}
