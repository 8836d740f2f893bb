import { wantsOther, type AskFlags } from './ask-flags.js'
import type { Session } from './frame.js'
import { isFresh, keptPath, readKept, type Kept } from './kept.js'
import { withLock } from './lock.js'
import { collect, keyFor, obtain, type Wish } from './obtain.js'
import { activeOrStop, waitFor } from './wait.js'
import { readGrant } from './which.js'

export interface UseFlags extends AskFlags {
  readonly grant?: string
}

/**
 * Credentials for a role: those that are kept while they are fresh, else of the grant that is open, else of a new one,
 * which is waited for. Several commands at once share one ask. `--grant` names the grant.
 */
export async function credentialsFor(
  session: Session,
  { role, flags, resume }: Wish & { readonly flags: UseFlags },
): Promise<Kept> {
  const { world } = session
  const key = keyFor(session, role, flags.account)
  const usual = !wantsOther(flags) && flags.grant === undefined
  const fresh = () => {
    const kept = usual ? readKept(world, key) : undefined
    return kept && isFresh(kept, world.clock()) ? kept : undefined
  }
  const alone = <T>(run: () => Promise<T>) => withLock(keptPath(world, key), world, run)
  const kept = fresh()
  if (kept) return kept

  const client = session.client()
  const found = await alone(async () => {
    const others = fresh()
    if (others) return others
    const got =
      flags.grant === undefined
        ? await obtain(session, client, { role, flags, resume })
        : { grant: await session.say.during('Asking the broker', readGrant(client, flags.grant)) }
    return got.grant.state === 'pending'
      ? got
      : collect(session, client, { ...got, grant: activeOrStop(got.grant) }, key)
  })
  if ('key' in found) return found
  // Others need not stand in line for as long as somebody takes to agree.
  const grant = await waitFor(session, client, found.grant, resume(found.grant))
  return alone(async () => fresh() ?? collect(session, client, { grant }, key))
}
