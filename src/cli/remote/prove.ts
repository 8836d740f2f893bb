import type { Command } from 'commander'
import type { Checkpoint, Entry, EntryPage, Proof } from '../../http/contract.js'
import type { Frame, Session } from './frame.js'
import { pagesOf } from './pages.js'
import * as shape from './shape.js'
import { Stop } from './stop.js'

const checkpoint: shape.Shape = { size: shape.number, at: shape.time, note: shape.text }
const proof: shape.Shape = { seq: shape.number, text: shape.text, path: [shape.text], checkpoint }
const page: shape.Shape = {
  events: [{ seq: shape.number, text: shape.text }],
  next: shape.maybe(shape.number),
}

/** `stint audit prove`, beneath the command that reads the record. */
export function addProve(audit: Command, frame: Frame): void {
  frame
    .command(audit, 'prove <grant>', 'what the record has on a grant, for somebody without the record', {
      text: `One file with every event of the grant and what leads from each to a signed checkpoint. Whoever has the public
key checks it with stint audit verify, and needs no broker. It does not show that there are no further events.`,
      examples: ['stint audit prove 01K9ZQ3T7M4V5W6X7Y8Z9A0B1D > evidence.json'],
    })
    .action(frame.act(prove))
}

async function prove(session: Session, grant: string): Promise<void> {
  const { say } = session
  const client = session.client()
  const events: Entry[] = []
  const options = { path: '/v1/audit/events', query: { grant, limit: '200' }, cursor: 'after', all: true }
  for await (const body of pagesOf(session, options)) events.push(...shape.read<EntryPage>(body, page).events)
  const last = events.at(-1)
  if (!last)
    throw new Stop(
      'not_found',
      'The record has nothing on such a grant; of an old one, an archive may have it.',
    )
  const newest = shape.read<Checkpoint>((await client.get('/v1/audit/checkpoint')).body, checkpoint)
  if (last.seq > newest.size)
    throw new Stop(
      'conflict',
      `Event ${last.seq} of it is not signed yet: the checkpoint is of ${newest.size} events. Try again in some minutes.`,
    )
  const proofs: Proof[] = []
  for (const { seq } of events) {
    const { body } = await client.get(`/v1/audit/proofs/${seq}`, { query: { size: newest.size } })
    proofs.push(shape.read<Proof>(body, proof))
  }
  const proved = proofs.map(({ seq, text, path }) => ({ seq, text, path }))
  say.value({ stint: 'evidence', grant, checkpoint: newest.note, events: proved })
}
