import { isOn, type Block, type Blocks } from '../decision/block.js'
import { Fault } from '../fault.js'
import { iso } from '../time.js'
import type { Caller } from '../identity/caller.js'
import type { Grant } from './grant.js'

/** The block that stands on a grant, if there is one. */
export const standsOn = ({ standing }: Blocks, { asker, ask, scope }: Grant): Block | undefined =>
  standing.find((block) => isOn(block, { asker, role: ask.role, account: scope?.account }))

/** Whoever was revoked neither votes nor revokes, and lifts nothing: not even what stands on them. */
export function mustNotBeBlocked({ standing }: Blocks, { subject }: Caller): void {
  const block = standing.find(({ of, name }) => of === 'subject' && name === subject)
  if (!block) return
  throw new Fault(
    'forbidden',
    `You were revoked at ${iso(block.at)} (revocation ${block.id}). An operator must lift it first.`,
  )
}
