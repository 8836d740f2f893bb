import { makeSigner } from '../../audit/note.js'
import { Fault } from '../../fault.js'
import { failure, type Answer } from '../answer.js'

/** `stint audit keygen`: a new key for checkpoints, and the public one that goes with it. */
export function auditKeygen(name: string, random: (bytes: number) => Uint8Array): Answer {
  const made = makeSigner(name, random(32))
  if (made) return { exit: 0, out: `${made.secret}\n`, err: `${made.verifier}\n` }
  const fault = new Fault(
    'invalid_request',
    'A key needs a name without blanks and plus signs, such as stint.example.com/record.',
  )
  return failure(fault, '')
}
